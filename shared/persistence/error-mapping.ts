import { Problem } from '@missions/contracts/errors.ts';
import pg from 'pg';

/**
 * What a failure of the database means to the caller of a service. Codes are SQLSTATE (PostgreSQL appendix A), Node's `errno` names, and,
 * where `pg` gives no code at all, its messages.
 */
const unavailableStates = new Set([
  '25006', // read_only_sql_transaction: connected to a standby after a failover
  '25P03', // idle_in_transaction_session_timeout: this process stood still with a transaction open
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
const READ_TIMEOUT = 'Query read timeout';

interface DatabaseError {
  code?: unknown;
  message?: unknown;
  cause?: unknown;
  routine?: unknown;
  constraint?: unknown;
}

/** `UNAVAILABLE` (come back later), `TIMEOUT`, or undefined: not a failure of the database but of the program. */
export function databaseProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return undefined;
  for (const it of causes(error)) {
    if (it.code === '57014' || it.message === READ_TIMEOUT) {
      return new Problem(
        'TIMEOUT',
        'The database took too long for this call; whether it was done is not known. Try again.',
      );
    }
    if (isUnavailable(it)) return new Problem('UNAVAILABLE', 'The database cannot be reached just now. Try again.');
  }
  return undefined;
}

/** The server refused the statement itself (a constraint, a value): its transaction wrote nothing for certain, and part of it may do. */
export const wasRefused = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && databaseProblem(error) === undefined;

/** The transaction was rolled back by the server for no fault of its own, and doing it again may succeed. */
export const isRetriable = (error: unknown): boolean =>
  causes(error).some((it) => it.code === '40001' || it.code === '40P01' || isStalePlan(it));

/** A migration by a newer version changed a table under a prepared statement of this one: "cached plan must not change result type". */
const isStalePlan = (error: unknown): boolean => {
  const it = error as DatabaseError | null;
  return it?.code === '0A000' && it.routine === 'RevalidateCachedQuery';
};

/** A connection after this error must not be used again: its statements are stale, or an answer to a query nobody waits for may still come. */
export const spoilsConnection = (error: unknown): boolean =>
  isStalePlan(error) || (error as DatabaseError | null)?.message === READ_TIMEOUT;

/** 23505 on this constraint. */
export const isUniqueViolation = (error: unknown, constraint: string): boolean =>
  causes(error).some((it) => it.code === '23505' && it.constraint === constraint);

function isUnavailable({ code, message }: DatabaseError): boolean {
  if (typeof code === 'string') {
    if (unavailableStates.has(code) || networkCodes.has(code)) return true;
    if (code.length === 5 && unavailableClasses.some((start) => code.startsWith(start))) return true;
  }
  return typeof message === 'string' && lostMessages.some((text) => message.startsWith(text));
}

/** The error and what caused it: MikroORM and Node's connect wrap the driver's error. Bounded, for a cause may lead back. */
function causes(error: unknown): DatabaseError[] {
  const found: DatabaseError[] = [];
  for (let it = error; it !== null && typeof it === 'object' && found.length < 5; it = (it as DatabaseError).cause)
    found.push(it as DatabaseError);
  return found;
}
