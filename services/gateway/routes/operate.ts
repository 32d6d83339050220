import type Router from '@koa/router';
import type { Static } from 'typebox';
import { byCaller } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import * as requests from '@missions/contracts/operate.ts';
import type { Caller, RequestContract } from '@missions/contracts/request.ts';
import * as operations from '@missions/contracts/rest/operate.ts';
import { serviceNames } from '@missions/contracts/subjects.ts';
import { VERSION } from '@missions/contracts/version.ts';
import { type AdminConnection, connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import type { NatsAddress } from '@missions/messaging/connect.ts';
import type { DeadLetterDetail } from '@missions/messaging/admin/dead-letter-admin.ts';
import type { Health } from '@missions/runtime/health.ts';
import { audited } from '@missions/service-kit/audited.ts';
import { listKeys } from '../keys/manage.ts';
import { type GatewayContext, registerOperation, toRequest } from './register-operation.ts';

const DEFAULT_LETTERS = 100;
const MOST_KEYS = 100;

/**
 * `/api/operate`: what operators see and do in the browser. Each service is asked for what is its own; streams and dead
 * letters are in NATS, where the operators' own login reads and replays them.
 */
export function operateRoutes(router: Router, gateway: GatewayContext, health: Health): void {
  const { operating } = gateway;

  registerOperation(router, gateway, operations.getOperateStatus, () => ({
    answer: ({ caller }) => statusOf(gateway, health, caller),
  }));
  registerOperation(router, gateway, operations.listOutboxes, () => ({
    async answer({ caller }) {
      const problems: string[] = [];
      const asked = serviceNames.map((service) => read(gateway, caller, requests.inspectOutbox(service), problems));
      return { outboxes: (await Promise.all(asked)).filter((one) => one !== null), problems };
    },
  }));
  registerOperation(router, gateway, operations.listTimers, ({ query }) => toRequest(requests.inspectTimers, query));
  registerOperation(router, gateway, operations.listAllRuns, ({ query }) => toRequest(requests.inspectRuns, query));
  registerOperation(router, gateway, operations.listUsage, ({ query }) => toRequest(requests.inspectUsage, query));
  registerOperation(router, gateway, operations.listAgentKeys, ({ query: { customer_id, limit = MOST_KEYS } }) => ({
    async answer() {
      if (!gateway.signIn)
        throw new Problem('UNAVAILABLE', 'Keys are in the gateway’s database: set its DATABASE_URL.');
      return { keys: await listKeys(gateway.signIn.db, customer_id, limit) };
    },
  }));
  registerOperation(router, gateway, operations.listKillSwitches, () => toRequest(requests.listKillSwitches, {}));
  registerOperation(router, gateway, operations.setKillSwitch, ({ body }) =>
    toRequest(requests.changeKillSwitch, body),
  );

  registerOperation(router, gateway, operations.listDeadLetters, ({ query: { service, limit } }) => ({
    async answer() {
      const letters = await withNats(operating.nats, (line) => line.deadLetters.list());
      const ofService = letters.filter((letter) => service === undefined || letter.service === service);
      return { dead_letters: ofService.slice(-(limit ?? DEFAULT_LETTERS)).map(summaryOf) };
    },
  }));
  registerOperation(router, gateway, operations.getDeadLetter, ({ params }) => ({
    async answer() {
      const letter = await withNats(operating.nats, (line) => line.deadLetters.show(sequenceOf(params)));
      return { ...summaryOf(letter), headers: letter.headers, body: letter.body };
    },
  }));
  const disposals = [
    [operations.replayDeadLetter, 'replay', 'dead_letter.replayed'],
    [operations.dropDeadLetter, 'drop', 'dead_letter.dropped'],
  ] as const;
  for (const [operation, verb, action] of disposals)
    registerOperation(router, gateway, operation, ({ params }) => ({
      async answer({ caller }) {
        const sequence = sequenceOf(params);
        const { databaseUrl: url, nats } = operating;
        if (url === undefined) throw new Problem('UNAVAILABLE', 'Deeds are recorded: give the gateway a DATABASE_URL.');
        const target = { kind: 'dead_letter', id: String(sequence) } as const;
        const deed = { customer_id: '', by: byCaller(caller), action, target, mission_id: null };
        const letter = await withNats(nats, (line) =>
          audited({ url, schema: 'gateway' }, deed, () => line.deadLetters[verb](sequence)),
        );
        return summaryOf(letter);
      },
    }));
}

async function statusOf(gateway: GatewayContext, health: Health, caller: Caller): Promise<requests.OperateStatus> {
  const problems: string[] = [];
  const ask = <C extends RequestContract>(contract: C) => read(gateway, caller, contract, problems);
  const [{ ready, checks }, streams, timers, mail, pushes, switches, webhooks, outboxes] = await Promise.all([
    health.report(),
    withNats(gateway.operating.nats, (line) => line.streams()).catch((error: Error) => {
      problems.push(`streams: ${error.message}`);
      return null;
    }),
    gateway.bus
      .request(requests.inspectTimers, { caller, input: { limit: 0 } })
      .then((reply) => reply.json<Static<typeof requests.TimerList>>())
      .catch((error: Error) => {
        problems.push(`timers: ${error.message}`);
        return null;
      }),
    ask(requests.inspectMail),
    ask(requests.inspectPushes),
    ask(requests.listKillSwitches),
    ask(requests.inspectWebhooks),
    Promise.all(serviceNames.map((service) => ask(requests.inspectOutbox(service)))),
  ]);
  return {
    version: VERSION,
    ready,
    checks,
    services: serviceNames.map((service, index) => {
      const {
        copies = null,
        pending = null,
        oldest_ms = null,
        kept_since = null,
        clock = null,
      } = outboxes[index] ?? {};
      return { service, copies, pending, oldest_ms, kept_since, clock };
    }),
    streams,
    dead_letters: streams && (streams.find(({ stream }) => stream === 'DEADLETTER')?.state?.messages ?? 0),
    timers: timers && { pending: timers.pending, overdue: timers.overdue, next_due_at: timers.next_due_at },
    mail,
    push_endpoints: pushes?.push_endpoints ?? null,
    kill_switches: switches?.kill_switches ?? null,
    webhooks,
    problems,
  };
}

/** What a service says of itself; null, and a problem, if it does not answer. */
async function read<C extends RequestContract>(
  { bus }: GatewayContext,
  caller: Caller,
  contract: C,
  problems: string[],
): Promise<Static<C['output']> | null> {
  try {
    return (await bus.request(contract, { caller, input: {} as never })).json<Static<C['output']>>();
  } catch (error) {
    problems.push(`${contract.service}: ${(error as Error).message}`);
    return null;
  }
}

async function withNats<T>(nats: NatsAddress | undefined, act: (line: AdminConnection) => Promise<T>): Promise<T> {
  if (nats === undefined)
    throw new Problem('UNAVAILABLE', 'Streams and dead letters are read by the login of OPERATOR_NATS_URL: set it.');
  const line = await connectAdmin(nats).catch((error: Error) => {
    throw new Problem('UNAVAILABLE', `The operators' login at NATS cannot be used: ${error.message}`);
  });
  try {
    return await act(line);
  } finally {
    await line.close();
  }
}

function sequenceOf({ sequence = '' }: Readonly<Record<string, string>>): number {
  if (/^[1-9]\d{0,14}$/.test(sequence)) return Number(sequence);
  throw new Problem('NOT_FOUND', 'A dead letter is named by its number: GET /api/operate/dead-letters lists them.');
}

const summaryOf = ({
  sequence,
  at,
  service,
  subject,
  reason,
  attempts,
  event_id,
  customer_id,
  mission_id,
}: Omit<DeadLetterDetail, 'headers' | 'body'>) => ({
  ...{ sequence, at, service, subject, reason, attempts, event_id, customer_id, mission_id },
});
