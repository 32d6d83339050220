import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** Files of sent messages whose mission was erased: see `erase-mission.ts`, which writes the rows. */
const list = statement('file_to_erase.list', 'select file from file_to_erase order by file limit $1');
const forget = statement(
  'file_to_erase.forget',
  'delete from file_to_erase where file = any($1::text[]) and held_until <= now()',
);
const left = statement('file_to_erase.left', 'select count(*)::int as n from file_to_erase where mission_id = $1');
const allLeft = statement('file_to_erase.all_left', 'select count(*)::int as n from file_to_erase');

export const filesToErase = async (tx: Tx, limit: number): Promise<string[]> =>
  (await tx.run<{ file: string }>(list, [limit])).map(({ file }) => file);

/** The files are gone. A row whose message may still be written by a sender stays, and is looked at again. */
export async function forgetFiles(tx: Tx, files: readonly string[]): Promise<void> {
  await tx.run(forget, [files]);
}

export async function countFilesToErase(tx: Tx, missionId: string): Promise<number> {
  const [row] = await tx.run<{ n: number }>(left, [missionId]);
  return row?.n ?? 0;
}

/** Of all erasures. */
export async function countAllFilesToErase(tx: Tx): Promise<number> {
  const [row] = await tx.run<{ n: number }>(allLeft);
  return row?.n ?? 0;
}
