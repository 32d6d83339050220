import type { ReceiptKeys } from '@missions/contracts/approval/receipt.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** The keys of all customers: what they sign says whose it is. They are never deleted, so that old receipts verify. */
export interface ReceiptKeyRow {
  readonly kid: string;
  readonly x: string;
  /** See `seal-key.ts`. */
  readonly sealed: string;
}

/** A key signs for so long, by the database's clock. */
const DAYS = 90;

const current = statement(
  'approval.current_receipt_keys',
  `select kid, x, sealed from receipt_key
    where retired_at is null and created_at > clock_timestamp() - interval '${DAYS} days'
    order by created_at desc, kid limit 20`,
);
const insert = statement(
  'approval.insert_receipt_key',
  'insert into receipt_key (kid, x, sealed, created_at) values ($1, $2, $3, clock_timestamp())',
);
const lock = statement('approval.lock_receipt_keys', 'select pg_advisory_xact_lock(20261204, 1)');
const all = statement('approval.receipt_keys', 'select kid, x from receipt_key order by created_at desc, kid');
const retire = statement(
  'approval.retire_receipt_keys',
  'update receipt_key set retired_at = clock_timestamp() where retired_at is null returning kid',
);

/** Those that may sign, newest first. There are several while copies of the service have different secrets. */
export const currentKeys = (tx: Tx): Promise<ReceiptKeyRow[]> => tx.run<ReceiptKeyRow>(current);

/** Held until the transaction ends: one copy of the service makes a key, and the others find it. */
export const lockKeys = (tx: Tx) => tx.run(lock);

export const insertKey = (tx: Tx, { kid, x, sealed }: ReceiptKeyRow) => tx.run(insert, [kid, x, sealed]);

/** The public keys, as `/.well-known/jwks.json` shows them. */
export async function publicKeys(tx: Tx): Promise<ReceiptKeys> {
  const rows = await tx.run<Omit<ReceiptKeyRow, 'sealed'>>(all);
  return {
    keys: rows.map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' })),
  };
}

/** From now on another key signs; those retired stay listed. @returns their ids */
export async function retireKeys(tx: Tx): Promise<string[]> {
  return (await tx.run<{ kid: string }>(retire)).map(({ kid }) => kid);
}
