import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { UserKey } from './people.ts';

export interface PendingAddress {
  readonly address: string;
  readonly hash: string;
  readonly tries: number;
  /** How many codes were mailed since `mailed_at`. */
  readonly mailed: number;
  /** Milliseconds since 1970. */
  readonly mailed_at: number;
  readonly expires_at: number;
}

const read = statement(
  'address_code.read',
  `select address, hash, tries, mailed, (extract(epoch from mailed_at) * 1000)::float8 as mailed_at,
          (extract(epoch from expires_at) * 1000)::float8 as expires_at
     from address_code where customer_id = $1 and user_id = $2`,
);
/** Call it while the person is locked. */
export async function readPending(tx: Tx, { customer_id, user_id }: UserKey): Promise<PendingAddress | undefined> {
  const [row] = await tx.run<PendingAddress>(read, [customer_id, user_id]);
  return row;
}

const save = statement(
  'address_code.save',
  `insert into address_code (customer_id, user_id, address, hash, tries, mailed, mailed_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8)
   on conflict (customer_id, user_id) do update set address = $3, hash = $4, tries = $5, mailed = $6, mailed_at = $7,
     expires_at = $8`,
);
export const savePending = (tx: Tx, { customer_id, user_id }: UserKey, it: PendingAddress): Promise<unknown> =>
  tx.run(save, [
    ...[customer_id, user_id, it.address, it.hash, it.tries, it.mailed],
    ...[new Date(it.mailed_at), new Date(it.expires_at)],
  ]);
