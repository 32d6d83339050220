import { hash } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { Problem } from '@missions/contracts/errors.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import { isUniqueViolation } from './error-mapping.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';
import { autocommit, transaction, type Tx } from './transaction.ts';

/**
 * Results stored under an `Idempotency-Key` for 24 h by the service that executed the command, in the command's own
 * transaction.
 */
const IdempotencySchema = defineEntity({
  name: 'Idempotency',
  tableName: 'idempotency',
  properties: {
    /** The scope is agent or credential, customer, user, method and path. Hashed, because it may be long and is never read. */
    scopeHash: p.text().primary(),
    key: p.text().primary(),
    hash: p.text(),
    answer: p.text(),
    version: p.integer().nullable(),
    /** '' for an answer about no mission; null if it is about several, or was stored by an older version. */
    missionId: p.text().nullable().index('idempotency_of_mission'),
    /** Whose call it answers; null in rows of older versions, and the user where the backend named none. */
    customerId: p.text().nullable().index('idempotency_of_customer'),
    userId: p.text().nullable(),
    createdAt: p.datetime(3).defaultRaw('now()').index('idempotency_created_at'),
  },
});

export class IdempotencyEntity extends IdempotencySchema.class {}
IdempotencySchema.setClass(IdempotencyEntity);

export interface StoredResult {
  /** JSON text. */
  body: string;
  /** Version of the mission that the body shows, for the `ETag`. */
  version?: number;
}

/** A result to be stored, with the mission whose texts it holds: see `eraseResultsOfMission`. */
export interface ResultOfMission extends StoredResult {
  /** null: of no mission; undefined: of several. */
  missionId?: string | null | undefined;
}

const find = statement(
  'idempotency.recall',
  'select hash, answer, version from idempotency where scope_hash = $1 and key = $2',
);
const store = statement(
  'idempotency.remember',
  `insert into idempotency (scope_hash, key, hash, answer, version, mission_id, customer_id, user_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);
const erase = statement(
  'idempotency.erase',
  `delete from idempotency
    where mission_id = $1 or (mission_id is null and exists (select from unnest($2::text[]) id where position(id in answer) > 0))
   returning 1`,
);

/**
 * Scope hash, key and hash of the body, or three nulls. For stores whose command is one statement:
 * `insert into idempotency (scope_hash, key, hash, answer, version) select $1, $2, $3, … where $1::text is not null`.
 * If the key was used meanwhile, the whole statement fails: see `isReplayConflict` and `replay`.
 */
export const idempotencyValues = (
  idempotency: Idempotency | undefined,
): [string, string, string] | [null, null, null] =>
  idempotency
    ? [hash('sha256', idempotency.scope, 'base64url'), idempotency.key, idempotency.hash]
    : [null, null, null];

/** Customer and user of a call, as the gateway's scope names them; for the erasure of either. */
export function ownerOfResult(idempotency: Idempotency | undefined): [string | null, string | null] {
  if (!idempotency?.scope.startsWith('[')) return [null, null];
  const [, customer, user] = JSON.parse(idempotency.scope) as unknown[];
  return [typeof customer === 'string' ? customer : null, typeof user === 'string' ? user : null];
}

/** The result stored under the key. @throws Problem IDEMPOTENCY_KEY_REUSED if the key came with another body before. */
export async function findStoredResult(tx: Tx, idempotency: Idempotency): Promise<StoredResult | undefined> {
  const { hash, earlier } = idempotency;
  const [scopeHash, key] = idempotencyValues(idempotency);
  const [row] = await tx.run<{ hash: string; answer: string; version: number | null }>(find, [scopeHash, key]);
  if (!row) return await findResultOfEarlierVersion(tx, idempotency);
  if (row.hash !== hash && row.hash !== earlier?.hash)
    throw new Problem(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used with another body. Use a new key for a new request.',
    );
  return { body: row.answer, ...(row.version !== null && { version: row.version }) };
}

/**
 * The result that an earlier version stored under the key, in another scope. `findStoredResult` looks for it; a store
 * that inserts without looking, and leaves it to the conflict, calls it before. @throws as `findStoredResult`
 */
export async function findResultOfEarlierVersion(
  tx: Tx,
  idempotency: Idempotency | undefined,
): Promise<StoredResult | undefined> {
  if (!idempotency?.earlier || idempotency.earlier.scope === idempotency.scope) return undefined;
  return await findStoredResult(tx, { ...idempotency.earlier, key: idempotency.key });
}

/**
 * @throws a unique violation (`isReplayConflict`) if the key was used meanwhile; the transaction must then be rolled
 * back.
 */
export async function storeResult(tx: Tx, idempotency: Idempotency, result: ResultOfMission): Promise<void> {
  const missionId = result.missionId === null ? '' : (result.missionId?.toLowerCase() ?? null);
  const values = [result.body, result.version ?? null, missionId, ...ownerOfResult(idempotency)];
  await tx.run(store, [...idempotencyValues(idempotency), ...values]);
}

/**
 * Deletes the stored results that hold texts of an erased mission: a repeated call would still be given them. Call it
 * in the transaction of the erasure, as a statement after the deletion of the mission's rows, so that it sees what
 * writers stored that the deletion waited for.
 * @param ids by which an answer about several missions, or of an older version, is recognised: the mission's own, and
 * those of what belongs to it. @returns how many
 */
export async function eraseResultsOfMission(tx: Tx, missionId: string, ids: readonly string[] = []): Promise<number> {
  const id = missionId.toLowerCase();
  return (await tx.run(erase, [id, [id, ...ids]])).length;
}

export const isReplayConflict = (error: unknown): boolean => isUniqueViolation(error, 'idempotency_pkey');

/**
 * Call it when a command under a key has failed: returns the stored result of an equal request that has succeeded
 * meanwhile, else throws `error` again. It is needed after refusals as well as after conflicts: the slower of two equal
 * requests finds the task already completed, and must get the first one's result rather than that refusal.
 */
export async function replay(
  db: Database,
  idempotency: Idempotency | undefined,
  error: unknown,
): Promise<StoredResult> {
  const stored =
    idempotency && (isReplayConflict(error) || error instanceof Problem)
      ? await findStoredResult(autocommit(db), idempotency)
      : undefined;
  if (!stored) throw error;
  return stored;
}

/**
 * Executes a command once per key, in one transaction with its stored result. Of equal requests in flight at once one
 * has the effect; the others wait at the key and replay its result. Refusals are not stored: they had no effect.
 */
export async function executeOnce(
  db: Database,
  idempotency: Idempotency | undefined,
  command: (tx: Tx) => Promise<ResultOfMission>,
): Promise<StoredResult & { replayed: boolean }> {
  if (!idempotency) return { ...storedPart(await transaction(db, command)), replayed: false };
  try {
    return await transaction(db, async (tx) => {
      const stored = await findStoredResult(tx, idempotency);
      if (stored) return { ...stored, replayed: true };
      const result = await command(tx);
      await storeResult(tx, idempotency, result);
      return { ...storedPart(result), replayed: false };
    });
  } catch (error) {
    return { ...(await replay(db, idempotency, error)), replayed: true };
  }
}

const storedPart = ({ body, version }: ResultOfMission): StoredResult => ({
  body,
  ...(version !== undefined && { version }),
});
