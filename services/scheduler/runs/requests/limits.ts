import { byCaller } from '@missions/contracts/audit.ts';
import { changeLimits, type Limits, noteZone, readLimits, readUsage } from '@missions/contracts/scheduler/limits.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { isZone } from '@missions/contracts/zone.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { RunsContext } from '../context.ts';
import { limitsOf, noteUserZone, setLimits } from '../store/limits.ts';
import { usageOfDays } from '../store/usage.ts';
import { ownerOf } from './owner.ts';

/** Days that are answered if nobody says how many. */
const DAYS = 30;

function requireZone({ hours }: Partial<Limits>): void {
  if (hours == null || isZone(hours.zone)) return;
  throw invalid([{ path: '/hours/zone', message: 'is no time zone; one looks like Europe/Lisbon' }]);
}

/** What agents may do for a user in a day, and when; set by the user, or the backend for them. */

export const limitEndpoints = ({ db, clock, runAvailable }: RunsContext): Endpoint[] => [
  endpoint(readLimits, async ({ caller, input: { mission_id } }) => ({
    body: await limitsOf(autocommit(db), { ...ownerOf(caller), mission_id }),
  })),

  endpoint(readUsage, async ({ caller, input: { days = DAYS } }) => ({
    body: { days: await usageOfDays(autocommit(db), ownerOf(caller), days, dueBy(clock)) },
  })),

  endpoint(changeLimits, async ({ caller, input: { mission_id, limits } }) => {
    const owner = ownerOf(caller);
    requireZone(limits);
    const body = await transaction(db, async (tx) => {
      await setLimits(tx, { ...owner, mission_id }, limits, clock.now());
      await recordDeeds(tx, [
        {
          customer_id: owner.customer_id,
          by: byCaller(caller),
          action: 'limits.changed',
          target: mission_id === undefined ? { kind: 'user', id: owner.user_id } : { kind: 'mission', id: mission_id },
          mission_id: mission_id ?? null,
          result: 'done',
        },
      ]);
      return limitsOf(tx, { ...owner, mission_id });
    });
    runAvailable(owner.customer_id);
    return { body };
  }),

  endpoint(noteZone, async ({ caller, input: { time_zone } }) => {
    const owner = ownerOf(caller);
    await transaction(db, (tx) => noteUserZone(tx, owner, time_zone));
    runAvailable(owner.customer_id);
    return { body: {} };
  }),
];
