import { hash } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { Problem } from '@missions/contracts/errors.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import { isUniqueViolation } from './error-mapping.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';
import { autocommit, transaction, type Tx } from './transaction.ts';

/** Answers given under an `Idempotency-Key`, kept (24 h) by the service that executed the command, in the command's own transaction. */
const Kept = defineEntity({
  name: 'Idempotency',
  tableName: 'idempotency',
  properties: {
    /** The scope is credential, customer, user, method and path: hashed, for it may be long and need not be read. */
    scopeHash: p.text().primary(),
    key: p.text().primary(),
    hash: p.text(),
    answer: p.text(),
    version: p.integer().nullable(),
    createdAt: p.datetime(3).defaultRaw('now()').index('idempotency_created_at'),
  },
});

export class IdempotencyEntity extends Kept.class {}
Kept.setClass(IdempotencyEntity);

/** `body`: JSON text. `version`: of the mission it shows, for its ETag. */
export interface StoredResult {
  body: string;
  version?: number;
}

const find = statement(
  'idempotency.recall',
  'select hash, answer, version from idempotency where scope_hash = $1 and key = $2',
);
const keep = statement(
  'idempotency.remember',
  'insert into idempotency (scope_hash, key, hash, answer, version) values ($1, $2, $3, $4, $5)',
);

/**
 * Scope hash, key and hash of the body, or three nulls. For stores whose command is one statement:
 * `insert into idempotency (scope_hash, key, hash, answer, version) select $1, $2, $3, … where $1::text is not null`.
 * A key that was used meanwhile fails the whole statement: see `isReplayConflict` and `replay`.
 */
export const idempotencyValues = (
  idempotency: Idempotency | undefined,
): [string, string, string] | [null, null, null] =>
  idempotency
    ? [hash('sha256', idempotency.scope, 'base64url'), idempotency.key, idempotency.hash]
    : [null, null, null];

/** The answer this key was given before. Throws `IDEMPOTENCY_KEY_REUSED` when it came with another body. */
export async function findStoredResult(tx: Tx, idempotency: Idempotency): Promise<StoredResult | undefined> {
  const [scopeHash, key, hash] = idempotencyValues(idempotency);
  const [row] = await tx.run<{ hash: string; answer: string; version: number | null }>(find, [scopeHash, key]);
  if (!row) return undefined;
  if (row.hash !== hash)
    throw new Problem(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used with another body. Use a new key for a new request.',
    );
  return { body: row.answer, ...(row.version !== null && { version: row.version }) };
}

/** Fails with a unique violation (`isReplayConflict`) when the key was used meanwhile; the transaction must then be given up. */
export async function storeResult(tx: Tx, idempotency: Idempotency, answer: StoredResult): Promise<void> {
  await tx.run(keep, [...idempotencyValues(idempotency), answer.body, answer.version ?? null]);
}

export const isReplayConflict = (error: unknown): boolean => isUniqueViolation(error, 'idempotency_pkey');

/**
 * After a command under a key has failed: the answer of its twin, if that has succeeded meanwhile; else throws `error` again. Asked after
 * refusals as well as after conflicts: the slower of two equal requests finds the task already completed, which is not what it should hear.
 */
export async function replay(
  db: Database,
  idempotency: Idempotency | undefined,
  error: unknown,
): Promise<StoredResult> {
  const twin =
    idempotency && (isReplayConflict(error) || error instanceof Problem)
      ? await findStoredResult(autocommit(db), idempotency)
      : undefined;
  if (!twin) throw error;
  return twin;
}

/**
 * A command that has its effect once per key, in one transaction with the record of its answer. Equal requests in flight at once: one
 * has the effect, the others wait for it at the key and give the same answer. Refusals are not kept: they had no effect.
 */
export async function executeOnce(
  db: Database,
  idempotency: Idempotency | undefined,
  command: (tx: Tx) => Promise<StoredResult>,
): Promise<StoredResult & { replayed: boolean }> {
  if (!idempotency) return { ...(await transaction(db, command)), replayed: false };
  try {
    return await transaction(db, async (tx) => {
      const before = await findStoredResult(tx, idempotency);
      if (before) return { ...before, replayed: true };
      const answer = await command(tx);
      await storeResult(tx, idempotency, answer);
      return { ...answer, replayed: false };
    });
  } catch (error) {
    return { ...(await replay(db, idempotency, error)), replayed: true };
  }
}
