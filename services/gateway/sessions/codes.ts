import { hash, randomBytes } from 'node:crypto';
import { type AuditActor, byProduct } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import type { Origin } from '../http/origin.ts';
import { startSession } from './sessions.ts';

/**
 * One-time codes, by which a user signs in without an identity provider. A code has 128 random bits, is good once and
 * for ten minutes, and only its SHA-256 is stored.
 */
export const CODE_MINUTES = 10;
const SHAPE = /^[\w-]{22}$/;

export interface CodeFor {
  readonly customer_id: string;
  readonly user_id: string;
}

const deleteDead = statement('gateway.purge_codes', 'delete from sign_in_code where expires_at <= now()');
const insert = statement(
  'gateway.create_code',
  `insert into sign_in_code (hash, customer_id, user_id, expires_at)
   values ($1, $2, $3, now() + interval '${CODE_MINUTES} minutes')`,
);
/** Of two who show the same code at once, the second finds none. */
const use = statement(
  'gateway.use_code',
  'delete from sign_in_code where hash = $1 and expires_at > now() returning customer_id, user_id',
);

const hashOf = (code: string): string => hash('sha256', code, 'base64url');

/** @returns the code, which cannot be read again. */
export async function createCode(db: Database, whom: CodeFor, by: AuditActor = byProduct): Promise<string> {
  const { customer_id, user_id } = whom;
  const code = randomBytes(16).toString('base64url');
  await transaction(db, async (tx) => {
    await tx.run(deleteDead);
    await tx.run(insert, [hashOf(code), customer_id, user_id]);
    const target = { kind: 'session', id: '' } as const;
    const whose = { ...by, user_id };
    await recordDeeds(tx, [
      { customer_id, by: whose, action: 'sign_in_code.created', target, mission_id: null, result: 'done' },
    ]);
  });
  return code;
}

/**
 * Starts a session of the user whom the code is for. The code is used up with it, and not without it.
 * @returns the secret id for the cookie; undefined if the code was used, has expired or never was one.
 */
export async function signInByCode(
  db: Database,
  code: string,
  from: { readonly origin: Origin; readonly replaced: string | undefined },
): Promise<string | undefined> {
  if (!SHAPE.test(code)) return undefined;
  return transaction(db, async (tx) => {
    const [whom] = await tx.run<CodeFor>(use, [hashOf(code)]);
    return whom && (await startSession(tx, { ...whom, via: 'code', provider_sid: null, operator: false }, from));
  });
}
