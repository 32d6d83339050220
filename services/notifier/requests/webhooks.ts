import { byCaller, type IntendedDeed } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import * as contracts from '@missions/contracts/notifier/webhooks.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { recordRefusal } from '@missions/persistence/audit/refusals.ts';
import { cursorAt, timePositionOf } from '@missions/persistence/cursor.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import type { Context } from '../commands/context.ts';
import { testEventOf } from '../domain/webhook.ts';
import { listDeliveries, queueTest, sendAgain } from '../store/deliveries.ts';
import {
  changeWebhook,
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  rotateWebhook,
  twinOf,
  type WebhookKey,
} from '../store/webhooks.ts';

const MAX_WEBHOOKS = 50;
const BOTH_SECRETS_MS = 24 * 3_600_000;
const PAGE = 50;
/** Longer than a caller tries again that got no answer. */
const REPEATED_WITHIN_MS = 60_000;

/** Where the events of a customer are sent: the trusted backend's business alone. */
export const webhookEndpoints = (context: Context): Endpoint[] => [
  create(context),
  list(context),
  read(context),
  change(context),
  end(context),
  rotate(context),
  test(context),
  deliveries(context),
  again(context),
];

const create = (context: Context) =>
  endpoint(contracts.createWebhook, async ({ caller, input }) => {
    const id = context.newId();
    const intended = deed(caller, 'webhook.created', id);
    return await recorded(context, intended, async () => {
      requireBackend(caller);
      requireAddress(context, input.url);
      const { shown, sealed } = await context.webhooks.newSecret();
      return await transaction(context.db, async (tx) => {
        if ((await countWebhooks(tx, caller.customer_id)) >= MAX_WEBHOOKS)
          throw invalid([
            { path: '', message: `the customer has ${MAX_WEBHOOKS} endpoints: delete one before you add another` },
          ]);
        const now = context.clock.now();
        const twin = await twinOf(tx, caller.customer_id, input, new Date(now.getTime() - REPEATED_WITHIN_MS));
        if (twin !== undefined) throw repeated(twin);
        const webhook = await insertWebhook(tx, { customer_id: caller.customer_id, id }, input, sealed, now);
        await recordDeeds(tx, [{ ...intended, result: 'done' }]);
        return { ...webhook, secret: shown };
      });
    });
  });

const list = ({ db }: Context) =>
  endpoint(contracts.listWebhooks, async ({ caller }) => {
    requireBackend(caller);
    return { body: { webhooks: await listWebhooks(autocommit(db), caller.customer_id) } };
  });

const read = ({ db }: Context) =>
  endpoint(contracts.readWebhook, async ({ caller, input: { webhook_id } }) => {
    requireBackend(caller);
    return { body: found(await findWebhook(autocommit(db), keyOf(caller, webhook_id))) };
  });

const change = (context: Context) =>
  endpoint(contracts.changeWebhook, async ({ caller, input: { webhook_id, patch } }) =>
    changing(context, caller, 'webhook.changed', webhook_id, async (tx, key) => {
      if (patch.url !== undefined) requireAddress(context, patch.url);
      return found(await changeWebhook(tx, key, patch));
    }),
  );

const end = (context: Context) =>
  endpoint(contracts.deleteWebhook, async ({ caller, input: { webhook_id } }) =>
    changing(context, caller, 'webhook.deleted', webhook_id, async (tx, key) => {
      if (!(await deleteWebhook(tx, key))) throw noWebhook();
      return {};
    }),
  );

const rotate = (context: Context) =>
  endpoint(contracts.rotateWebhook, async ({ caller, input: { webhook_id } }) => {
    const { shown, sealed } = await context.webhooks.newSecret();
    return await changing(context, caller, 'webhook.rotated', webhook_id, async (tx, key) => {
      const until = new Date(context.clock.now().getTime() + BOTH_SECRETS_MS);
      return { ...found(await rotateWebhook(tx, key, sealed, until)), secret: shown };
    });
  });

const test = (context: Context) =>
  endpoint(contracts.testWebhook, async ({ caller, input: { webhook_id } }) => {
    requireBackend(caller);
    const key = keyOf(caller, webhook_id);
    const [id, now] = [context.newId(), context.clock.now()];
    const body = await transaction(context.db, async (tx) => {
      found(await findWebhook(tx, key));
      const event = { id, type: contracts.webhookTest, body: testEventOf(id, key.customer_id, now) };
      // None is queued for a customer who is just being erased.
      return found(await queueTest(tx, key, event, now));
    });
    context.deliveriesHeld();
    return { body };
  });

const deliveries = ({ db }: Context) =>
  endpoint(contracts.listDeliveries, async ({ caller, input: { webhook_id, status, limit = PAGE, cursor } }) => {
    requireBackend(caller);
    const key = keyOf(caller, webhook_id);
    const tx = autocommit(db);
    found(await findWebhook(tx, key));
    const after = cursor === undefined ? undefined : timePositionOf(cursor);
    const rows = await listDeliveries(tx, key, status, after, limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      body: {
        deliveries: page,
        next_cursor: rows.length > limit && last ? cursorAt([last.created_at, last.id]) : null,
      },
    };
  });

const again = (context: Context) =>
  endpoint(contracts.redeliver, async ({ caller, input: { webhook_id, delivery_id } }) =>
    changing(context, caller, 'webhook.redelivered', webhook_id, async (tx, key) => {
      const id = isUuid(delivery_id) ? delivery_id.toLowerCase() : NONE;
      const delivery = await sendAgain(tx, key, id, context.clock.now());
      if (!delivery) throw new Problem('NOT_FOUND', 'The endpoint has no such delivery: they are kept for 14 days.');
      return delivery;
    }),
  );

/** A change of an endpoint, which is recorded, done or refused. */
async function changing<T extends object>(
  context: Context,
  caller: Caller,
  action: IntendedDeed['action'],
  webhookId: string,
  work: (tx: Tx, key: WebhookKey) => Promise<T>,
): Promise<{ body: T }> {
  const key = keyOf(caller, webhookId);
  const intended = deed(caller, action, key.id);
  const done = await recorded(context, intended, () => {
    requireBackend(caller);
    return transaction(context.db, async (tx) => {
      const result = await work(tx, key);
      await recordDeeds(tx, [{ ...intended, result: 'done' }]);
      return result;
    });
  });
  context.deliveriesHeld();
  return done;
}

async function recorded<T>({ db }: Context, intended: IntendedDeed, work: () => Promise<T>): Promise<{ body: T }> {
  try {
    return { body: await work() };
  } catch (error) {
    await recordRefusal(db, [intended], error);
    throw error;
  }
}

/** @throws Problem FORBIDDEN for an agent's key and a signed-in user: endpoints see everything of the customer's. */
function requireBackend({ kind }: Caller): void {
  if (kind !== 'service')
    throw new Problem('FORBIDDEN', 'Webhooks are the trusted backend’s: call with the service secret.');
}

function requireAddress({ webhooks }: Context, url: string): void {
  const trouble = webhooks.trouble(url);
  if (trouble !== undefined) throw invalid([{ path: '/url', message: trouble }]);
}

/** Its secret was in the first answer, which the caller may never have got: it can be had anew. */
const repeated = (webhook_id: string): Problem =>
  new Problem(
    'INVALID_TRANSITION',
    `The endpoint ${webhook_id} was made for the same address and types a moment ago. If its secret never came, POST ` +
      `/api/internal/webhooks/${webhook_id}/rotate answers with a new one; for a second endpoint, wait for a minute.`,
    { webhook_id },
  );

/** No row has it. */
const NONE = '00000000-0000-0000-0000-000000000000';
const keyOf = ({ customer_id }: Caller, id: string): WebhookKey => ({
  customer_id,
  id: isUuid(id) ? id.toLowerCase() : NONE,
});

function found<T>(it: T | undefined): T {
  if (!it) throw noWebhook();
  return it;
}
const noWebhook = (): Problem =>
  new Problem('NOT_FOUND', 'The customer has no such endpoint: GET /api/internal/webhooks lists those it has.');

const deed = (caller: Caller, action: IntendedDeed['action'], id: string): IntendedDeed => ({
  customer_id: caller.customer_id,
  by: byCaller(caller),
  action,
  target: { kind: 'webhook', id },
  mission_id: null,
});
