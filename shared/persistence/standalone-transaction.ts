import type { Database } from './database.ts';
import { connectStandalone } from './session.ts';
import { execute } from './statement.ts';
import type { Tx } from './transaction.ts';

const TIMEOUT_MS = 30_000;

/**
 * One transaction on a connection outside any pool, for an operators' command that uses the statements of a store. It
 * needs no MikroORM, whose pool and entities are useless to a process that runs one transaction. `afterCommit`
 * callbacks are not called; the service's own process finds new events at its next poll.
 * @param schema of the service whose role is in the URL.
 */
export async function standaloneTransaction<T>(
  { url, schema }: { url: string; schema: string },
  fn: (tx: Tx) => Promise<T>,
): Promise<T> {
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  const tx: Tx = {
    get db(): Database {
      throw new Error("an operators' command has no Database: use only the statements of the transaction");
    },
    run: (statement, values) => execute(client, statement, values),
    afterCommit: () => {},
  };
  try {
    await client.query('begin');
    const result = await fn(tx);
    await client.query('commit');
    return result;
  } finally {
    // Rolls the transaction back if it was not committed.
    await client.end();
  }
}
