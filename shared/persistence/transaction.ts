import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { isRetriable, spoilsConnection } from './error-mapping.ts';
import type { Database } from './database.ts';
import { execute, type Statement } from './statement.ts';

/** What a store is handed: statements run on one connection, all or nothing. */
export interface Tx {
  readonly db: Database;
  /** Rows as `pg` gives them: bigint as text, timestamps as text, json parsed. */
  run<R = Record<string, unknown>>(statement: Statement, values?: readonly unknown[]): Promise<R[]>;
  /** `fn` runs once the change is durable, and never if it is not. It must not throw: it could undo nothing. */
  afterCommit(fn: () => void): void;
}

const MAX_ATTEMPTS = 5;

/**
 * begin, `fn`, commit on one connection of the pool. When the server gives it up for a deadlock or a serialization failure (40P01, 40001)
 * all of it is done again, at most five times: `fn` must have no effect but through `tx`. A lost connection is not tried again, for the
 * commit may have happened.
 */
export const transaction = <T>(db: Database, fn: (tx: Tx) => Promise<T>): Promise<T> => retrying(() => attempt(db, fn));

/**
 * Single statements, each its own transaction. Here `afterCommit` belongs to the statement that runs or has just run; asked before any, to
 * the first one.
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
  // Not awaited: it travels with the first statement, which saves a round trip. It fails only with its connection.
  const begun = client.query('begin');
  begun.catch(() => {});
  let result: T;
  try {
    result = await fn(tx);
    await begun;
    const { command } = await client.query('commit');
    // A failed statement whose error `fn` swallowed: the server answers the commit with a rollback, and no error.
    if (command !== 'COMMIT')
      throw new Error('the transaction was rolled back because one of its statements had failed');
  } catch (error) {
    await giveUp(client, error);
    throw error;
  }
  client.release();
  hooks.fire();
  return result;
}

/** A connection that cannot even roll back is broken, and is destroyed rather than handed to the next. */
async function giveUp(client: pg.PoolClient, error: unknown): Promise<void> {
  if (spoilsConnection(error)) return client.release(true);
  try {
    await client.query('rollback');
    client.release();
  } catch {
    client.release(true);
  }
}

export async function retrying<T>(once: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await once();
    } catch (error) {
      if (tried >= MAX_ATTEMPTS || !isRetriable(error)) throw error;
      // Spread, so that the two of a deadlock do not meet again.
      await pause(Math.random() * 10 * 2 ** tried);
    }
  }
}

/** What was asked to follow a commit. */
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
        this.#db.options.logger.error({ err: error }, 'what should follow a commit failed');
      }
    }
  }
}
