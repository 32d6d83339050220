import { connectStandalone } from '../session.ts';
import { execute, type Statement } from '../statement.ts';
import { isRetriable } from '../error-mapping.ts';
import { standaloneSession, standaloneTransaction } from '../standalone-transaction.ts';
import { lockToErase } from '../tombstones.ts';
import type { Tx } from '../transaction.ts';
import type { DataOwner } from './closed-owners.ts';
import { conditionOf, type Holding, type ServiceHoldings } from './holdings.ts';

interface Within {
  readonly url: string;
  readonly holdings: ServiceHoldings;
}

const valuesOf = ({ customer_id, user_id }: DataOwner): [string, string | null] => [customer_id, user_id];
const unnamed = (text: string): Statement => ({ name: '', text });

/** Missions of one transaction at most. */
const TOGETHER = 50;
/** A transaction that has lasted for so long takes no further mission: nobody who needs one of its rows waits longer. */
const LONG_MS = 250;

/**
 * Erases the owner's missions, some in each transaction, so that none is locked for long and a repetition goes on where
 * a crash has ended it (decision 0040). Whoever else has one of them at hand may make a deadlock of it; then each goes
 * by itself.
 * @returns the number of rows
 */
export async function eraseMissionsOf(
  { url, holdings: { schema, missions } }: Within,
  owner: DataOwner,
  erase: (tx: Tx, missionId: string) => Promise<number>,
): Promise<number> {
  if (missions === undefined) return 0;
  const session = await standaloneSession({ url, schema });
  const some = (ids: readonly string[]): Promise<{ taken: number; rows: number }> =>
    session.transaction(async (tx) => {
      await lockToErase(tx, ids);
      const until = performance.now() + LONG_MS;
      let [taken, rows] = [0, 0];
      for (const id of ids) {
        if (taken > 0 && performance.now() > until) break;
        rows += await erase(tx, id);
        taken += 1;
      }
      return { taken, rows };
    });
  try {
    let rows = 0;
    for (let before = ''; ;) {
      const found = await session.transaction((tx) =>
        tx.run<{ mission_id: string }>(unnamed(missions), valuesOf(owner)),
      );
      const ids = found.map(({ mission_id }) => mission_id).toSorted();
      const now = ids.join();
      if (now === '') return rows;
      // Rows that are still there would be erased for ever.
      if (now === before)
        throw new Error(`missions of ${schema} are still there after their erasure: ${now.slice(0, 400)}`);
      before = now;
      for (let together = TOGETHER; ids.length > 0;) {
        try {
          const erased = await some(ids.slice(0, together));
          ids.splice(0, erased.taken);
          rows += erased.rows;
        } catch (error) {
          if (together === 1 || !isRetriable(error)) throw error;
          together = 1;
        }
      }
    }
  } finally {
    await session.end();
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

const COUNT_TIMEOUT_MS = 60_000;

export interface HeldRows {
  readonly table: string;
  readonly rows: number;
}

/** Which tables still hold rows of the owner that an erasure takes away. */
export async function countHoldings({ url, holdings }: Within, owner: DataOwner): Promise<HeldRows[]> {
  const { schema, tables } = holdings;
  const client = await connectStandalone({ url, schema, statementTimeoutMs: COUNT_TIMEOUT_MS, name: 'operator' });
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
