import { byOperator, type IntendedDeed } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { standaloneTransaction } from '@missions/persistence/standalone-transaction.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { AdminFailure, runAdminProgram, UsageError } from '@missions/runtime/admin-program.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { adminConfig, operatorName } from '@missions/service-kit/config.ts';
import { sendAgain } from '../store/deliveries.ts';
import { databaseNow, listAllWebhooks } from '../store/all-webhooks.ts';
import { changeWebhook, type WebhookKey } from '../store/webhooks.ts';

const USAGE =
  'Say list [--customer <id>], pause or resume <endpoint id> --customer <id>, or redeliver <endpoint id> <delivery id> ' +
  '--customer <id>; list shows the endpoints.';

/** The endpoints of customers: `list`, `pause`, `resume` (also of one that is disabled), `redeliver`. */
await runAdminProgram(
  { customer: { type: 'string' } },
  async ({ values: { customer }, positionals: [verb = 'list', id, delivery, ...more] }) => {
    const within = { url: adminConfig().databaseUrl, schema: 'notifier' };
    if (verb === 'list') {
      if (id !== undefined) throw new UsageError(USAGE);
      return await standaloneTransaction(within, (tx) => listAllWebhooks(tx, customer));
    }
    const names = verb === 'redeliver' ? [id, delivery] : [id];
    const isKnown = ['pause', 'resume', 'redeliver'].includes(verb) && customer !== undefined && more.length === 0;
    if (!isKnown || !names.every((name) => name !== undefined && isUuid(name)) || (delivery ? 2 : 1) !== names.length)
      throw new UsageError(USAGE);
    const key = { customer_id: customer, id: (id ?? '').toLowerCase() };
    return await standaloneTransaction(within, async (tx) => {
      const done = verb === 'redeliver' ? await redeliver(tx, key, delivery ?? '') : await change(tx, key, verb);
      const action = verb === 'redeliver' ? 'webhook.redelivered' : 'webhook.changed';
      await recordDeeds(tx, [{ ...deed(key, action), result: 'done' }]);
      return done;
    });
  },
);

async function change(tx: Tx, key: WebhookKey, verb: string): Promise<object> {
  const webhook = await changeWebhook(tx, key, { status: verb === 'pause' ? 'paused' : 'active' });
  if (!webhook)
    throw new AdminFailure(`Customer ${key.customer_id} has no endpoint ${key.id}; list shows those it has.`);
  return webhook;
}

async function redeliver(tx: Tx, key: WebhookKey, id: string): Promise<object> {
  const delivery = await sendAgain(tx, key, id.toLowerCase(), await databaseNow(tx));
  if (!delivery) throw new AdminFailure(`The endpoint ${key.id} has no delivery ${id}: they are kept for 14 days.`);
  return delivery;
}

function deed({ customer_id, id }: WebhookKey, action: IntendedDeed['action']): IntendedDeed {
  const target = { kind: 'webhook', id } as const;
  return { customer_id, action, by: byOperator(operatorName()), target, mission_id: null };
}
