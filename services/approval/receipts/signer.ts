import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { Database } from '@missions/persistence/database.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { claimsOf, RECEIPT, signReceipt } from '@missions/receipts/receipt.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { SignApproval } from '../commands/execute-command.ts';
import { currentKeys, insertKey, lockKeys, type ReceiptKeyRow } from '../store/receipt-keys.ts';
import { openKey, sealKey } from '../store/seal-key.ts';

interface SignerParts {
  readonly db: Database;
  readonly logger: Logger;
  readonly newId: () => string;
  /** The first seals, all open. */
  readonly secrets: readonly string[];
  /** The product's own address. */
  readonly issuer: string;
}

/**
 * Signs receipts. Which key signs is read each time, so that a rotation counts from the next receipt on in every copy
 * of the service; where none does, because there was none, it is too old, retired, or sealed with a secret that is
 * gone, one is made.
 */
export function receiptSigner({ db, logger, newId, secrets, issuer }: SignerParts): SignApproval {
  const opened = new Map<string, Promise<CryptoKey>>();

  const importOnce = (row: ReceiptKeyRow, d: string): Promise<CryptoKey> => {
    const known = opened.get(row.kid) ?? (importJWK(privateJwk(row.x, d), RECEIPT.alg) as Promise<CryptoKey>);
    opened.set(row.kid, known);
    return known;
  };
  const usable = (rows: readonly ReceiptKeyRow[]): { row: ReceiptKeyRow; d: string } | undefined => {
    for (const row of rows) {
      const d = openKey(secrets, row.sealed);
      if (d !== undefined) return { row, d };
    }
    return undefined;
  };
  const made = async (tx: Tx): Promise<{ row: ReceiptKeyRow; d: string }> => {
    await lockKeys(tx);
    const other = usable(await currentKeys(tx));
    if (other) return other;
    const key = await newKey();
    const row = { kid: key.kid, x: key.x, sealed: sealKey(secrets, key.d) };
    await insertKey(tx, row);
    logger.info({ kid: row.kid }, 'a new key signs receipts');
    return { row, d: key.d };
  };

  return async (approval, within) => {
    const known = usable(await currentKeys(within ?? autocommit(db)));
    const { row, d } = known ?? (await (within ? made(within) : transaction(db, made)));
    const claims = await claimsOf(approval, { iss: issuer, jti: newId() });
    return await signReceipt(claims, await importOnce(row, d), row.kid);
  };
}

const privateJwk = (x: string, d: string) => ({ kty: 'OKP', crv: 'Ed25519', x, d });

async function newKey(): Promise<{ kid: string; x: string; d: string }> {
  const { privateKey } = await generateKeyPair(RECEIPT.alg, { crv: 'Ed25519', extractable: true });
  const { crv, x, d } = await exportJWK(privateKey);
  if (crv !== 'Ed25519' || x === undefined || d === undefined) throw new Error('jose made another key than asked for');
  return { kid: await calculateJwkThumbprint({ kty: 'OKP', crv, x }), x, d };
}
