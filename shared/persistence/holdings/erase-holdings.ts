import { execute, type Statement } from '../statement.ts';
import { connectStandalone } from '../session.ts';
import { standaloneTransaction } from '../standalone-transaction.ts';
import type { Tx } from '../transaction.ts';
import type { DataOwner } from './closed-owners.ts';
import { conditionOf, type Holding, type ServiceHoldings } from './holdings.ts';

const TIMEOUT_MS = 60_000;

interface Within {
  readonly url: string;
  readonly holdings: ServiceHoldings;
}

const valuesOf = ({ customer_id, user_id }: DataOwner): [string, string | null] => [customer_id, user_id];
const unnamed = (text: string): Statement => ({ name: '', text });

/**
 * Erases each of the owner's missions in a transaction of its own, so that none is locked for long and a repetition goes
 * on where a crash has ended it. @returns the number of rows
 */
export async function eraseMissionsOf(
  { url, holdings: { schema, missions } }: Within,
  owner: DataOwner,
  erase: (tx: Tx, missionId: string) => Promise<number>,
): Promise<number> {
  if (missions === undefined) return 0;
  let rows = 0;
  for (let before = ''; ;) {
    const ids = await standaloneTransaction({ url, schema }, (tx) =>
      tx.run<{ mission_id: string }>(unnamed(missions), valuesOf(owner)),
    );
    const now = ids.map(({ mission_id }) => mission_id).join();
    if (now === '') return rows;
    // Rows that are still there would be erased for ever.
    if (now === before)
      throw new Error(`missions of ${schema} are still there after their erasure: ${now.slice(0, 400)}`);
    before = now;
    for (const { mission_id } of ids)
      rows += await standaloneTransaction({ url, schema }, (tx) => erase(tx, mission_id));
  }
}

const BATCH = 5_000;

/**
 * Erases what is left beside the missions, each table in transactions of some thousand rows. May be repeated.
 * @returns the number of rows
 */
export async function eraseHoldings({ url, holdings: { schema, tables } }: Within, owner: DataOwner): Promise<number> {
  let rows = 0;
  for (const holding of tables) {
    const sql = erasureOf(holding);
    if (sql === undefined) continue;
    for (let gone = BATCH; gone === BATCH; rows += gone)
      gone = (await standaloneTransaction({ url, schema }, (tx) => tx.run(unnamed(sql), valuesOf(owner)))).length;
  }
  return rows;
}

function erasureOf(holding: Holding): string | undefined {
  const { table, erase = 'delete' } = holding;
  if (erase === 'mission' || erase === 'keep') return undefined;
  if (erase !== 'delete') return `${erase.sql} returning 1`;
  const batch = `select ctid from ${table} where ${conditionOf(holding)} limit ${BATCH}`;
  return `delete from ${table} where ctid = any(array(${batch})) returning 1`;
}

export interface HeldRows {
  readonly table: string;
  readonly rows: number;
}

/** Which tables still hold rows of the owner that an erasure takes away. */
export async function countHoldings({ url, holdings }: Within, owner: DataOwner): Promise<HeldRows[]> {
  const { schema, tables } = holdings;
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  try {
    const held: HeldRows[] = [];
    for (const holding of tables.filter(({ erase }) => erase !== 'keep')) {
      const sql = `select count(*)::int as rows from ${holding.table} where ${conditionOf(holding)}`;
      const [row] = await execute<{ rows: number }>(client, unnamed(sql), valuesOf(owner));
      if (row && row.rows > 0) held.push({ table: holding.table, rows: row.rows });
    }
    return held;
  } finally {
    await client.end();
  }
}
