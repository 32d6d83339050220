import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { Client } from 'pg';

/** Tables that housekeeping empties by age, in each service. */
const TRANSIENT = ['outbox', 'inbox', 'idempotency'];
export const transientTables = TRANSIENT.join(', ');

/** Bytes that the product holds. */
export interface KeptBytes {
  /** Tables with their indexes, but those that housekeeping empties by age. */
  lasting: number;
  transient: number;
  streams: number;
}

export async function keptBytes(adminUrl: string, operatorUrl: string): Promise<KeptBytes> {
  const admin = await connectAdmin(operatorUrl);
  const client = new Client({ connectionString: adminUrl });
  try {
    await client.connect();
    const { rows } = await client.query<{ transient: boolean; bytes: string }>(
      `select relname = any($1) as transient, sum(pg_total_relation_size(relid)) as bytes from pg_stat_user_tables group by 1`,
      [TRANSIENT],
    );
    const tables = (transient: boolean): number => Number(rows.find((row) => row.transient === transient)?.bytes ?? 0);
    const streams = (await admin.streams()).reduce((sum, { state }) => sum + (state?.bytes ?? 0), 0);
    return { lasting: tables(false), transient: tables(true), streams };
  } finally {
    await client.end();
    await admin.close();
  }
}
