import { setTimeout as pause } from 'node:timers/promises';
import { backoff } from '@missions/runtime/backoff.ts';
import type pg from 'pg';
import { isRetriable, spoilsConnection } from './error-mapping.ts';
import type { Database } from './database.ts';
import { inStatementSpan } from './statement-span.ts';
import { execute, type Statement } from './statement.ts';

/** The transaction that a store's functions are given: statements on one connection, all or none. */
export interface Tx {
  readonly db: Database;
  /** Rows as `pg` gives them: bigint as text, timestamps as text, json parsed. */
  run<R = Record<string, unknown>>(statement: Statement, values?: readonly unknown[]): Promise<R[]>;
  /**
   * `fn` runs once the change is durable, and never if it is not. It must not throw: the change cannot be undone any
   * more.
   */
  afterCommit(fn: () => void): void;
}

const MAX_ATTEMPTS = 5;
/** Fully random, so that the two transactions of a deadlock do not meet again. */
const RETRY = { firstMs: 20, maxMs: 1_000, jitter: 1 };

/**
 * Begin, `fn` and commit on one connection of the pool. If the server rolls it back for a deadlock or a serialization
 * failure (40P01, 40001), all of it is repeated, five times at most: `fn` must have no effect but through `tx`. After a
 * lost connection it is not repeated, because the commit may have happened.
 */
export const transaction = <T>(db: Database, fn: (tx: Tx) => Promise<T>): Promise<T> => retrying(() => attempt(db, fn));

/**
 * Single statements, each in a transaction of its own. `afterCommit` belongs to the statement that runs or has just
 * run; before any statement, to the first one.
 */
export function autocommit(db: Database): Tx {
  const hooks = new CommitHooks(db);
  let running = 0;
  let committed = false;
  const once = async <R>(statement: Statement, values?: readonly unknown[]): Promise<R[]> => {
    const client = await db.pool.connect();
    try {
      const rows = await execute<R>(client, statement, values);
      client.release();
      return rows;
    } catch (error) {
      client.release(spoilsConnection(error));
      throw error;
    }
  };
  return {
    db,
    async run<R>(statement: Statement, values?: readonly unknown[]) {
      running++;
      try {
        const rows = await retrying(() => once<R>(statement, values));
        committed = true;
        return rows;
      } finally {
        if (--running === 0 && committed) hooks.fire();
      }
    },
    afterCommit(fn) {
      hooks.add(fn);
      if (running === 0 && committed) hooks.fire();
    },
  };
}

async function attempt<T>(db: Database, fn: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await db.pool.connect();
  const hooks = new CommitHooks(db);
  const tx: Tx = {
    db,
    run: (statement, values) => execute(client, statement, values),
    afterCommit: (fn) => hooks.add(fn),
  };
  // Not awaited: `begin` is sent with the first statement, which saves a round trip. It fails only with its connection.
  const begun = client.query('begin');
  begun.catch(() => {});
  let result: T;
  try {
    result = await fn(tx);
    await begun;
    const { command } = await inStatementSpan(client, 'COMMIT', () => client.query('commit'));
    // If `fn` ignored the error of a statement, the server answers the commit with a rollback and no error.
    if (command !== 'COMMIT')
      throw new Error('the transaction was rolled back because one of its statements had failed');
  } catch (error) {
    await rollBack(client, error);
    throw error;
  }
  client.release();
  hooks.fire();
  return result;
}

/** A connection that cannot even roll back is broken: it is destroyed rather than returned to the pool. */
async function rollBack(client: pg.PoolClient, error: unknown): Promise<void> {
  if (spoilsConnection(error)) return client.release(true);
  try {
    await client.query('rollback');
    client.release();
  } catch {
    client.release(true);
  }
}

/** Repeats a transaction that the server rolled back because of another one. */
export async function retrying<T>(once: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isRetriable(error)) throw error;
      await pause(backoff(attempt, RETRY));
    }
  }
}

/** The `afterCommit` callbacks of one transaction. */
export class CommitHooks {
  readonly #db: Database;
  #waiting: (() => void)[] = [];

  constructor(db: Database) {
    this.#db = db;
  }

  add(fn: () => void): void {
    this.#waiting.push(fn);
  }

  fire(): void {
    const due = this.#waiting;
    this.#waiting = [];
    for (const fn of due) {
      try {
        fn();
      } catch (error) {
        this.#db.options.logger.error({ err: error }, 'a callback after a commit failed');
      }
    }
  }
}
