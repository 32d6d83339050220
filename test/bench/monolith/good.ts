import type { Pool } from 'pg';
import type { Creation } from './mission.ts';
import { type Insert, inserts, insertText } from './rows.ts';

let text: string | undefined;

/**
 * As the best program would do it: one prepared statement, one round trip; a single statement is its own transaction.
 */
export async function writeWell(pool: Pool, creation: Creation): Promise<void> {
  const rows = inserts(creation);
  // The columns are always the same, so the text is built once.
  text ??= oneStatement(rows);
  await pool.query({ name: 'create-mission', text, values: rows.flatMap((row) => row.values) });
}

function oneStatement(rows: Insert[]): string {
  let parameter = 1;
  const statements = rows.map((row) => {
    const statement = insertText(row, parameter);
    parameter += row.values.length;
    return statement;
  });
  const last = statements.pop();
  return `with ${statements.map((statement, at) => `part${at} as (${statement})`).join(', ')} ${last}`;
}
