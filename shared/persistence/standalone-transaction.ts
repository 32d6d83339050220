import type pg from 'pg';
import type { Database } from './database.ts';
import { connectStandalone } from './session.ts';
import { execute } from './statement.ts';
import type { Tx } from './transaction.ts';

const TIMEOUT_MS = 30_000;

/** On a connection outside any pool, for an operators' command that reads. */
export async function onConnection<T>({ url, schema }: Place, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}

/** Transactions one after another on one connection outside any pool. */
export interface StandaloneSession {
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

interface Place {
  readonly url: string;
  /** Of the service whose role is in the URL. */
  readonly schema: string;
}

/**
 * For an operators' command that uses the statements of a store. It needs no MikroORM, whose pool and entities are
 * useless to a process that runs one transaction after another. `afterCommit` callbacks are not called; the service's
 * own process finds new events at its next poll.
 */
export async function standaloneSession({ url, schema }: Place): Promise<StandaloneSession> {
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  const tx: Tx = {
    get db(): Database {
      throw new Error("an operators' command has no Database: use only the statements of the transaction");
    },
    run: (statement, values) => execute(client, statement, values),
    afterCommit: () => {},
  };
  return {
    async transaction(fn) {
      await client.query('begin');
      try {
        const result = await fn(tx);
        await client.query('commit');
        return result;
      } catch (error) {
        // On a connection that is lost there is nothing to roll back, and the first error says why.
        await client.query('rollback').catch(() => {});
        throw error;
      }
    },
    end: () => client.end(),
  };
}

/** One transaction on a connection of its own. */
export async function standaloneTransaction<T>(place: Place, fn: (tx: Tx) => Promise<T>): Promise<T> {
  const session = await standaloneSession(place);
  try {
    return await session.transaction(fn);
  } finally {
    await session.end();
  }
}
