/**
 * SQL of the time that decides what is due: the virtual clock's time if the parameter has one (see `dueBy`), otherwise
 * the database's clock, because the clocks of two hosts differ. A scalar subquery, because a volatile function by
 * itself bounds no index scan.
 */
export const currentTime = (parameter: string): string =>
  `(select coalesce(${parameter}::timestamptz, clock_timestamp()))`;
