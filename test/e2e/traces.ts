import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** The rows of every table of every schema that contain the text, as `schema.table: row`. */
export async function tracesInTables(url: string, text: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const traces: string[] = [];
    // Bytes read as hexadecimal digits in the text of a row.
    const patterns = [`%${text}%`, `%${Buffer.from(text).toString('hex')}%`];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `select t::text as row from ${name} t where t::text ilike any($1)`,
        [patterns],
      );
      traces.push(...rows.map(({ row }) => `${name}: ${row}`));
    }
    return traces;
  } finally {
    await client.end();
  }
}

/** The files below a folder whose bytes contain the text. */
export const tracesInFiles = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => readFileSync(file).includes(text));
