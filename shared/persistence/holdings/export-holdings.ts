import { connectStandalone } from '../session.ts';
import { conditionOf, type ServiceHoldings } from './holdings.ts';
import type { DataOwner } from './closed-owners.ts';

const PAGE = 200;

/** A line of an export: a row, or what is left out and why. */
export interface ExportedLine {
  readonly service: string;
  readonly table: string;
  readonly row?: Readonly<Record<string, unknown>>;
  readonly left_out?: { readonly columns: readonly string[] | 'all'; readonly why: string };
}

/**
 * Everything that a service holds of the owner, of one moment, table by table: rows through a cursor, so that the memory
 * holds a page of them. Names are those of the tables, times are ISO 8601.
 */
export async function* exportHoldings(
  { url, holdings: { schema, tables } }: { readonly url: string; readonly holdings: ServiceHoldings },
  { customer_id, user_id }: DataOwner,
): AsyncGenerator<ExportedLine> {
  // No bound on a statement: the reader may be slow.
  const client = await connectStandalone({ url, schema, statementTimeoutMs: 0, name: 'operator' });
  const service = schema.replaceAll('_', '-');
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    for (const holding of tables) {
      const { table, hidden = [], why = 'it is a secret' } = holding;
      if (hidden.length > 0) yield { service, table, left_out: { columns: hidden, why } };
      if (hidden === 'all') continue;
      const shown = `to_jsonb(x) - ${hidden.length > 0 ? `'{${hidden.join()}}'::text[]` : "''"}`;
      await client.query(
        `declare held no scroll cursor for select ${shown} as row from ${table} x where ${conditionOf(holding)}`,
        [customer_id, user_id],
      );
      for (;;) {
        const { rows } = await client.query<{ row: Record<string, unknown> }>(`fetch ${PAGE} from held`);
        for (const { row } of rows) yield { service, table, row };
        if (rows.length < PAGE) break;
      }
      await client.query('close held');
    }
    await client.query('commit');
  } finally {
    await client.end();
  }
}
