import { Problem } from '@missions/contracts/errors.ts';
import pg from 'pg';
import { quotaExceeded, type ExceededQuota } from '@missions/contracts/quotas.ts';
import { OWNER_CLOSED } from './holdings/owner-closed.ts';

/**
 * Maps database errors to the Problems that callers of a service get. Codes are SQLSTATE (PostgreSQL appendix A),
 * Node's `errno` names, and, where `pg` gives no code, its messages.
 */
const unavailableStates = new Set([
  '25006', // read_only_sql_transaction: connected to a standby after a failover
  '25P04', // transaction_timeout
  '25P03', // idle_in_transaction_session_timeout: this process stood still with a transaction open
  '28P01', // invalid_password: it was exchanged, and this process starts again with the new one
  '28000', // invalid_authorization_specification: the same, or pg_hba.conf
  '40001', // serialization_failure and
  '40P01', // deadlock_detected: still there after the retries
  '55P03', // lock_not_available
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
]);
/** connection_exception, insufficient_resources (too many connections, disk full). */
const unavailableClasses = ['08', '53'];
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const lostMessages = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'timeout exceeded when trying to connect',
  'Connection ended unexpectedly',
  'Cannot use a pool after calling end',
  'timeout expired',
];
/** SQLSTATE with which a statement refuses to exceed a quota; the detail says which (`store/quotas.ts` of missions). */
const OVER_QUOTA = 'MU409';
const READ_TIMEOUT = 'Query read timeout';

interface DatabaseError {
  code?: unknown;
  message?: unknown;
  cause?: unknown;
  routine?: unknown;
  detail?: unknown;
  constraint?: unknown;
}

/**
 * `UNAVAILABLE`, `TIMEOUT`, `USER_ERASED` or `QUOTA_EXCEEDED`; undefined if the error is not one of the database but of the
 * program.
 */
export function databaseProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return undefined;
  const overQuota = quotaProblem(error);
  if (overQuota) return overQuota;
  for (const it of causes(error)) {
    if (it.code === '57014' || it.message === READ_TIMEOUT) {
      return new Problem(
        'TIMEOUT',
        'The database took too long for this call; whether the call was carried out is unknown. Try again.',
      );
    }
    if (it.code === OWNER_CLOSED)
      return new Problem(
        'USER_ERASED',
        'This user, or this customer with all users, was erased, or is being erased: nothing new is stored of them. ' +
          'An operator takes them in again with missions readmit.',
      );
    if (isUnavailable(it)) return new Problem('UNAVAILABLE', 'The database cannot be reached at present. Try again.');
  }
  return undefined;
}

/**
 * The server refused the statement itself (a constraint, a value): it has certainly written nothing, and parts of it
 * may succeed.
 */
export const wasRefused = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  (error.code === OWNER_CLOSED || error.code === OVER_QUOTA || databaseProblem(error) === undefined);

/** `QUOTA_EXCEEDED` if a statement was refused for that. */
export function quotaProblem(error: unknown): Problem | undefined {
  const found = causes(error).find(({ code }) => code === OVER_QUOTA);
  return found && quotaExceeded(JSON.parse(String(found.detail)) as ExceededQuota);
}

/** The server rolled the transaction back because of another one; a second try may succeed. */
export const isRetriable = (error: unknown): boolean =>
  causes(error).some((it) => it.code === '40001' || it.code === '40P01' || isStalePlan(it));

/**
 * A migration by a newer version changed a table under a prepared statement of this one: "cached plan must not change
 * result type".
 */
const isStalePlan = (error: unknown): boolean => {
  const it = error as DatabaseError | null;
  return it?.code === '0A000' && it.routine === 'RevalidateCachedQuery';
};

/**
 * After this error the connection must not be used again: its statements are stale, or the answer of a timed-out query
 * may still arrive.
 */
export const spoilsConnection = (error: unknown): boolean =>
  isStalePlan(error) || (error as DatabaseError | null)?.message === READ_TIMEOUT;

/** SQLSTATE 23505 on the constraint. */
export const isUniqueViolation = (error: unknown, constraint: string): boolean =>
  causes(error).some((it) => it.code === '23505' && it.constraint === constraint);

function isUnavailable({ code, message }: DatabaseError): boolean {
  if (typeof code === 'string') {
    if (unavailableStates.has(code) || networkCodes.has(code)) return true;
    if (code.length === 5 && unavailableClasses.some((start) => code.startsWith(start))) return true;
  }
  return typeof message === 'string' && lostMessages.some((text) => message.startsWith(text));
}

/**
 * The error and its causes: MikroORM and Node's connect wrap the driver's error. Bounded, because causes may form a
 * cycle.
 */
function causes(error: unknown): DatabaseError[] {
  const found: DatabaseError[] = [];
  for (let it = error; it !== null && typeof it === 'object' && found.length < 5; it = (it as DatabaseError).cause)
    found.push(it as DatabaseError);
  return found;
}
