import { type KeyScope, keyScopes } from '@missions/contracts/key-scopes.ts';
import { textFault } from '@missions/contracts/text.ts';
import { type AuditActor, byProduct, type Deed } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { AgentKey } from './entity.ts';
import { formatKey, hashOf, newSecret } from './format.ts';

export interface NewKey {
  readonly customer_id: string;
  readonly agent_id: string;
  readonly users: readonly string[] | null;
  readonly label: string;
  /** Default: all. */
  readonly scopes?: readonly KeyScope[] | null;
  /** A time, or seconds from now by the database's clock. Default: it does not expire. */
  readonly expires?: Date | number | null;
}

/**
 * Two live keys, so that a key can be rotated without a pause: create the second, move the agent over, revoke the
 * first.
 */
export const MAX_LIVE_KEYS = 2;
const LONGEST_DAYS = 3_650;

export class TooManyKeys extends Error {}
/** The key would have ended before it was made, or outlive everybody who knows of it. */
export class NoSuchEnd extends Error {}

/** What is wrong with the names of a key, which are ids as the API takes them; undefined if nothing is. */
export function faultOfNames({ customer_id, agent_id, users, label, scopes }: NewKey): string | undefined {
  const ids: [string, string][] = [
    ['customer', customer_id],
    ['agent', agent_id],
  ];
  for (const user of users ?? []) ids.push(['user', user]);
  for (const [what, name] of ids) {
    const fault = faultOfName(what, name);
    if (fault !== undefined) return fault;
  }
  const unknown = (scopes ?? []).find((scope) => !keyScopes.includes(scope));
  if (unknown !== undefined || scopes?.length === 0)
    return `Name one scope or several of ${keyScopes.join(', ')}; ${JSON.stringify(unknown ?? '')} is none of them.`;
  // A text for people, which is shown with its control characters replaced.
  return label.length <= MAX_NAME && textFault(label) === null
    ? undefined
    : `The label may have at most ${MAX_NAME} characters, none of them NUL.`;
}

/** What is wrong with an id that the API would have to take. */
export const faultOfName = (what: string, name: string): string | undefined =>
  name.trim() !== '' && isName(name)
    ? undefined
    : `The ${what} must have 1 to ${MAX_NAME} characters, none of them a control character.`;

const MAX_NAME = 255;
const isName = (text: string): boolean => text.length <= MAX_NAME && !/\p{Cc}/u.test(text) && text.isWellFormed();

// Locked, so that two operators at once cannot create a third key between them.
const lock = statement(
  'gateway.lock_keys_of_agent',
  'select pg_advisory_xact_lock(hashtextextended($1 || chr(31) || $2, 0))',
);
const countLive = statement(
  'gateway.count_live_keys',
  `select count(*)::int as live from agent_key
    where customer_id = $1 and agent_id = $2 and revoked_at is null and (expires_at is null or expires_at > now())`,
);
const insert = statement(
  'gateway.create_key',
  `insert into agent_key (id, customer_id, agent_id, users, scopes, hash, label, created_at, expires_at)
   select $1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, now(), t.ends
     from (select coalesce($8::timestamptz, now() + $9::float8 * interval '1 second') as ends) t
    where t.ends is null or (t.ends > now() and t.ends <= now() + interval '${LONGEST_DAYS} days')
   returning id`,
);

/**
 * Creates a key and returns it; the key cannot be read again later. @throws TooManyKeys if the agent has two live keys;
 * NoSuchEnd; RangeError if a name is not one.
 */
export async function createKey(db: Database, key: NewKey, id: string, by: AuditActor = byProduct): Promise<string> {
  const fault = faultOfNames(key);
  if (fault !== undefined) throw new RangeError(fault);
  const { customer_id, agent_id, users, label, scopes = null, expires = null } = key;
  const secret = newSecret();
  const json = (list: readonly string[] | null): string | null => (list === null ? null : JSON.stringify(list));
  const end = typeof expires === 'number' ? [null, expires] : [expires, null];
  await transaction(db, async (tx) => {
    await tx.run(lock, [customer_id, agent_id]);
    const [{ live } = { live: 0 }] = await tx.run<{ live: number }>(countLive, [customer_id, agent_id]);
    if (live >= MAX_LIVE_KEYS)
      throw new TooManyKeys(`Agent ${agent_id} of ${customer_id} has ${live} live keys; revoke one first.`);
    const row = [id, customer_id, agent_id, json(users), json(scopes), hashOf(secret), label, ...end];
    if ((await tx.run(insert, row)).length === 0)
      throw new NoSuchEnd(`A key must expire after now, and in at most ${LONGEST_DAYS} days.`);
    await recordDeeds(tx, [deedOf('key.created', { id, customer_id }, by)]);
  });
  return formatKey(id, secret);
}

const revoke = statement(
  'gateway.revoke_key',
  'update agent_key set revoked_at = now() where id = $1 and revoked_at is null returning customer_id',
);

/** The keys without their hashes, newest first. */
export async function listKeys(db: Database, customerId?: string, limit?: number) {
  const keys = await db.orm.em.fork().find(AgentKey, customerId === undefined ? {} : { customer_id: customerId }, {
    orderBy: { created_at: 'desc', id: 'desc' },
    ...(limit !== undefined && { limit }),
  });
  return keys.map(({ id, customer_id, agent_id, users, scopes, label, created_at, ...times }) => ({
    id,
    customer_id,
    agent_id,
    users: users ?? null,
    scopes: scopes ?? null,
    label,
    created_at,
    last_used_at: times.last_used_at ?? null,
    expires_at: times.expires_at ?? null,
    revoked_at: times.revoked_at ?? null,
  }));
}

/** False if there is no such key, or it was revoked before. A revoked key stops working with the next request. */
export const revokeKey = (db: Database, id: string, by: AuditActor = byProduct): Promise<boolean> =>
  transaction(db, async (tx) => {
    const [key] = await tx.run<{ customer_id: string }>(revoke, [id]);
    if (!key) return false;
    await recordDeeds(tx, [deedOf('key.revoked', { id, customer_id: key.customer_id }, by)]);
    return true;
  });

const deedOf = (
  action: 'key.created' | 'key.revoked',
  { id, customer_id }: { readonly id: string; readonly customer_id: string },
  by: AuditActor,
): Deed => ({ customer_id, by, action, target: { kind: 'key', id }, mission_id: null, result: 'done' });
