import { waitUntil } from '@missions/test-support/wait-until.ts';
import { Client } from 'pg';

/** Faults may have brought the server down, or it recovers: it lets nobody in until it has. */
const RECOVERS_MS = 120_000;

/** Asks as the superuser, over all services' tables. */
export async function ask<Row = unknown>(url: string, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = await waitUntil(() => connected(url), { withinMs: RECOVERS_MS, everyMs: 200, what: 'PostgreSQL' });
  try {
    return (await client.query(sql, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}
