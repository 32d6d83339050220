import { inspectTimers } from '@missions/contracts/operate.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { requireOperator } from '@missions/service-kit/operator.ts';
import { pendingTimers, timersSummary } from '../store/inspect-timers.ts';

const DEFAULT_LIMIT = 50;

/** What operators see of the timers in the browser. */
export const operateTimersEndpoints = ({ db }: { readonly db: Database }): Endpoint[] => [
  endpoint(inspectTimers, async ({ caller, input: { due_before, owner, mission_id, limit } }) => {
    requireOperator(caller);
    const tx = autocommit(db);
    const before = due_before === undefined ? null : new Date(due_before);
    const values = [before, owner ?? null, mission_id ?? null, limit ?? DEFAULT_LIMIT];
    const timers = await tx.run<{ timer: object }>(pendingTimers, values);
    const [counted] = await tx.run<{ summary: object }>(timersSummary);
    return { body: { ...counted?.summary, timers: timers.map(({ timer }) => timer) } };
  }),
];
