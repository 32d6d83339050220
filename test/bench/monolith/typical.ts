import type { Pool } from 'pg';
import type { Creation } from './mission.ts';
import { inserts, insertText } from './rows.ts';

/**
 * As most programs are written: begin, an insert per table, commit. Six round trips, each statement parsed and
 * planned anew.
 */
export async function writeTypically(pool: Pool, creation: Creation): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    for (const row of inserts(creation)) await client.query(insertText(row), row.values);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
