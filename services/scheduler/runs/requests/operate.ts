import * as contracts from '@missions/contracts/operate.ts';
import { byCaller } from '@missions/contracts/audit.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { requireOperator } from '@missions/service-kit/operator.ts';
import type { RunsContext } from '../context.ts';
import { allRuns } from '../store/inspect-runs.ts';
import { usageOfUsers } from '../store/inspect-usage.ts';
import { type KillTarget, listKillSwitches, setKillSwitch } from '../store/kill-switch.ts';
import { pushEndpoints } from '../store/push-endpoint.ts';

const DEFAULT_LIMIT = 50;
const DEFAULT_DAYS = 30;
const DEFAULT_USERS = 100;

/** What operators see and do about runs in the browser, as the operators' programs do it. */
export const operateRunsEndpoints = ({ db }: Pick<RunsContext, 'db'>): Endpoint[] => [
  endpoint(contracts.inspectRuns, async ({ caller, input: { status, mission_id, limit } }) => {
    requireOperator(caller);
    const values = [status ?? null, mission_id ?? null, limit ?? DEFAULT_LIMIT];
    const rows = await autocommit(db).run<{ run: object }>(allRuns, values);
    return { body: { runs: rows.map(({ run }) => run) } };
  }),

  endpoint(contracts.inspectUsage, async ({ caller, input: { customer_id, user_id, days, limit } }) => {
    requireOperator(caller);
    const values = [customer_id ?? null, user_id ?? null, days ?? DEFAULT_DAYS, limit ?? DEFAULT_USERS];
    return { body: { usage: await autocommit(db).run<contracts.UsedByUser>(usageOfUsers, values) } };
  }),

  endpoint(contracts.inspectPushes, async ({ caller }) => {
    requireOperator(caller);
    const rows = await autocommit(db).run<{ endpoint: object }>(pushEndpoints);
    return { body: { push_endpoints: rows.map((row) => row.endpoint) } };
  }),

  endpoint(contracts.listKillSwitches, async ({ caller }) => {
    requireOperator(caller);
    const switches = await listKillSwitches(autocommit(db));
    return {
      body: {
        kill_switches: switches.map(({ scope, id, customer_id, user_id, ...set }) => ({
          scope,
          ...(scope === 'customer' && { customer_id: id }),
          ...((scope === 'user' || scope === 'own') && { customer_id, user_id: user_id || id }),
          ...(scope === 'mission' && { mission_id: id }),
          ...set,
        })),
      },
    };
  }),

  endpoint(contracts.changeKillSwitch, async ({ caller, input: { on, reason, ...named } }) => {
    requireOperator(caller);
    const target = targetOf(named);
    const changed = await transaction(db, (tx) =>
      setKillSwitch(tx, target, on, { by: byCaller(caller), ...(reason !== undefined && { reason }) }),
    );
    return { body: { ...target, on, changed } };
  }),
];

const members = {
  all: [],
  customer: ['customer_id'],
  user: ['customer_id', 'user_id'],
  mission: ['mission_id'],
} as const;

/** @throws Problem VALIDATION_FAILED unless exactly the members of the scope are named. */
function targetOf({ scope, ...named }: Omit<contracts.KillSwitchChange, 'on' | 'reason'>): KillTarget {
  const needed: readonly string[] = members[scope];
  const given = new Map(Object.entries(named));
  const faults = [
    ...needed.filter((name) => !given.get(name)).map((name) => ({ path: `/${name}`, message: 'is required' })),
    ...[...given.keys()]
      .filter((name) => !needed.includes(name))
      .map((name) => ({ path: `/${name}`, message: `is of no use with the scope ${scope}: leave it out` })),
  ];
  if (faults.length > 0) throw invalid(faults);
  const { customer_id = '', user_id = '', mission_id = '' } = named;
  switch (scope) {
    case 'all':
      return { scope };
    case 'customer':
      return { scope, customer_id };
    case 'user':
      return { scope, customer_id, user_id };
    case 'mission':
      return { scope, mission_id: mission_id.toLowerCase() };
    default:
      return scope satisfies never;
  }
}
