/** SQL of what waits for its time; word for word the condition of the index `timer_pending`, or the planner would not use it. */
export const isPending = 'fired_at is null and cancelled_at is null';

/** SQL of the time that decides: a virtual clock's, or the database's. A scalar subquery, because a volatile function by itself bounds no index scan. */
export const moment = (parameter: string): string => `(select coalesce(${parameter}::timestamptz, clock_timestamp()))`;
