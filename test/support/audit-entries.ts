import { Client } from 'pg';
import type { TestDatabase } from './test-database.ts';

/** An entry of the audit record, as its table has it. */
export type AuditRow = Record<string, string | null>;

/** The entries of a customer in the services' tables, oldest first. */
export async function auditEntries(
  database: TestDatabase,
  customer: string,
  services: readonly string[] = ['mission', 'approval', 'notifier', 'scheduler', 'gateway'],
): Promise<AuditRow[]> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    const tables = services.map((service) => `select * from ${service}.audit_entries where customer_id = $1`);
    return (await client.query<AuditRow>(`${tables.join(' union all ')} order by at, id`, [customer])).rows;
  } finally {
    await client.end();
  }
}
