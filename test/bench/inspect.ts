import { Client } from 'pg';

/**
 * Counts the rows of a schema's tables, so that a run can say whether the contenders wrote the same. Tables without
 * rows are left out.
 */
export async function countRows(adminUrl: string, schema: string): Promise<Record<string, number>> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      'select tablename as name from pg_tables where schemaname = $1 order by 1',
      [schema],
    );
    const counts: Record<string, number> = {};
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int as count from "${schema}"."${name}"`,
      );
      if (rows[0] && rows[0].count > 0) counts[name] = rows[0].count;
    }
    return counts;
  } finally {
    await client.end();
  }
}

/** Names that two JSON documents do not share, down to the members of their first list items. */
export function shapeDifference(ours: unknown, theirs: unknown, path = ''): string[] {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    return ours.length === theirs.length
      ? shapeDifference(ours[0], theirs[0], `${path}/0`)
      : [`${path || '/'} has ${ours.length} and ${theirs.length} items`];
  }
  if (!isObject(ours) || !isObject(theirs)) return isObject(ours) === isObject(theirs) ? [] : [path];
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].flatMap((name) =>
    name in ours && name in theirs ? shapeDifference(ours[name], theirs[name], `${path}/${name}`) : [`${path}/${name}`],
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
