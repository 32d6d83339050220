import type { Database } from './database.ts';
import { connectStandalone } from './session.ts';
import { execute } from './statement.ts';
import type { Tx } from './transaction.ts';

const TIMEOUT_MS = 30_000;

/**
 * One transaction on a connection of its own, for an operators' command that carries out what a store does: without MikroORM, whose pool and
 * entities a process that lives for one statement has no use for. What should follow the commit does not happen here; the service's own
 * process finds new events at its next poll. @param schema of the service whose role is in the URL.
 */
export async function standaloneTransaction<T>(
  { url, schema }: { url: string; schema: string },
  fn: (tx: Tx) => Promise<T>,
): Promise<T> {
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  const tx: Tx = {
    get db(): Database {
      throw new Error('an operator has no database of a service');
    },
    run: (statement, values) => execute(client, statement, values),
    afterCommit: () => {},
  };
  try {
    await client.query('begin');
    const answer = await fn(tx);
    await client.query('commit');
    return answer;
  } finally {
    // Ends the transaction too, if it did not come to its commit.
    await client.end();
  }
}
