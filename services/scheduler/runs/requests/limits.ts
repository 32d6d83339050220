import { byCaller, type Deed } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import * as contracts from '@missions/contracts/scheduler/limits.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { isZone } from '@missions/contracts/zone.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { RunsContext } from '../context.ts';
import { holdRunsOf } from '../store/claims.ts';
import { type Limited, limitsOf, noteUserZone, readZone, setLimits } from '../store/limits.ts';
import { usageOfDays } from '../store/usage.ts';
import { ownerOf } from './owner.ts';

/** Days that are answered if nobody says how many. */
const DAYS = 30;

function requireZone(zone: string | undefined, path: string): void {
  if (zone === undefined || isZone(zone)) return;
  throw invalid([{ path, message: 'is no time zone; one looks like Europe/Lisbon' }]);
}

/** @throws Problem FORBIDDEN for an agent's key and a signed-in user: these limits bind everybody of the customer. */
function everybody({ kind, customer_id }: Caller): Limited {
  if (kind !== 'service')
    throw new Problem('FORBIDDEN', 'The limits of a customer are the trusted backend’s: call with the service secret.');
  return { customer_id, user_id: '', mission_id: undefined };
}

const ofCustomer = async (tx: Tx, customer: Limited): Promise<contracts.CustomerLimits> => ({
  ...(await limitsOf(tx, customer)),
  time_zone: await readZone(tx, customer),
});

const deed = (caller: Caller, target: Deed['target'], mission_id: string | null = null): Deed => ({
  ...{ customer_id: caller.customer_id, by: byCaller(caller), action: 'limits.changed', target, mission_id },
  result: 'done',
});

/** What agents may do for a user in a day, and when; set by the user, or the backend for them. */
export const limitEndpoints = ({ db, clock, runAvailable, wakeDispatcher }: RunsContext): Endpoint[] => {
  /**
   * What the change holds or lets go it does at once, also while no agent claims: the dispatcher tells the missions, and
   * waiting claims look again.
   */
  const changing = async <T>(customerId: string, change: (tx: Tx) => Promise<T>): Promise<T> => {
    const result = await holdRunsOf(db, customerId, dueBy(clock), change);
    runAvailable(customerId);
    wakeDispatcher();
    return result;
  };
  return [
    endpoint(contracts.readLimits, async ({ caller, input: { mission_id } }) => ({
      body: await limitsOf(autocommit(db), { ...ownerOf(caller), mission_id }),
    })),

    endpoint(contracts.readUsage, async ({ caller, input: { days = DAYS } }) => ({
      body: { days: await usageOfDays(autocommit(db), ownerOf(caller), days, dueBy(clock)) },
    })),

    endpoint(contracts.changeLimits, async ({ caller, input: { mission_id, limits } }) => {
      const owner = ownerOf(caller);
      requireZone(limits.hours?.zone, '/hours/zone');
      const body = await changing(owner.customer_id, async (tx) => {
        await setLimits(tx, { ...owner, mission_id }, limits, clock.now());
        const target: Deed['target'] =
          mission_id === undefined ? { kind: 'user', id: owner.user_id } : { kind: 'mission', id: mission_id };
        await recordDeeds(tx, [deed(caller, target, mission_id)]);
        return limitsOf(tx, { ...owner, mission_id });
      });
      return { body };
    }),

    endpoint(contracts.readCustomerLimits, async ({ caller }) => ({
      body: await ofCustomer(autocommit(db), everybody(caller)),
    })),

    endpoint(contracts.changeCustomerLimits, async ({ caller, input: { time_zone = 'UTC', ...limits } }) => {
      const customer = everybody(caller);
      requireZone(limits.hours?.zone, '/hours/zone');
      requireZone(time_zone, '/time_zone');
      const body = await changing(customer.customer_id, async (tx) => {
        await setLimits(tx, customer, limits, clock.now());
        await noteUserZone(tx, customer, time_zone);
        await recordDeeds(tx, [deed(caller, { kind: 'customer', id: customer.customer_id })]);
        return ofCustomer(tx, customer);
      });
      return { body };
    }),

    endpoint(contracts.noteZone, async ({ caller, input: { time_zone } }) => {
      const owner = ownerOf(caller);
      await changing(owner.customer_id, (tx) => noteUserZone(tx, owner, time_zone));
      return { body: {} };
    }),
  ];
};
