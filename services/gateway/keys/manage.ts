import { textFault } from '@missions/contracts/text.ts';
import { type AuditActor, byProduct, type Deed } from '@missions/contracts/audit.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import type { Database } from '@missions/persistence/database.ts';
import { unitOfWork } from '@missions/persistence/unit-of-work.ts';
import { AgentKey } from './entity.ts';
import { formatKey, hashOf, newSecret } from './format.ts';

export interface NewKey {
  readonly customer_id: string;
  readonly agent_id: string;
  readonly users: readonly string[] | null;
  readonly label: string;
}

/**
 * Two live keys, so that a key can be rotated without a pause: create the second, move the agent over, revoke the
 * first.
 */
export const MAX_LIVE_KEYS = 2;

export class TooManyKeys extends Error {}

/** What is wrong with the names of a key, which are ids as the API takes them; undefined if nothing is. */
export function faultOfNames({ customer_id, agent_id, users, label }: NewKey): string | undefined {
  const ids: [string, string][] = [
    ['customer', customer_id],
    ['agent', agent_id],
  ];
  for (const user of users ?? []) ids.push(['user', user]);
  for (const [what, name] of ids) {
    const fault = faultOfName(what, name);
    if (fault !== undefined) return fault;
  }
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

/**
 * Creates a key and returns it; the key cannot be read again later. @throws TooManyKeys if the agent has two live keys; RangeError if a name is not one.
 */
export async function createKey(
  db: Database,
  key: NewKey,
  id: string,
  at: Date,
  by: AuditActor = byProduct,
): Promise<string> {
  const fault = faultOfNames(key);
  if (fault !== undefined) throw new RangeError(fault);
  const { customer_id, agent_id, users, label } = key;
  const secret = newSecret();
  await unitOfWork(db, async (em, tx) => {
    // Locked, so that two operators at once cannot create a third key between them.
    await em
      .getConnection()
      .execute(
        'select pg_advisory_xact_lock(hashtextextended(? || chr(31) || ?, 0))',
        [customer_id, agent_id],
        'run',
        em.getTransactionContext(),
      );
    const live = await em.count(AgentKey, { customer_id, agent_id, revoked_at: null });
    if (live >= MAX_LIVE_KEYS)
      throw new TooManyKeys(`Agent ${agent_id} of ${customer_id} has ${live} live keys; revoke one first.`);
    em.persist(
      em.create(AgentKey, {
        id,
        customer_id,
        agent_id,
        users: users ? [...users] : null,
        hash: hashOf(secret),
        label,
        created_at: at,
      }),
    );
    await recordDeeds(tx, [deedOf('key.created', { id, customer_id }, by)]);
  });
  return formatKey(id, secret);
}

/** The keys without their hashes, newest first. */
export async function listKeys(db: Database, customerId?: string) {
  const keys = await db.orm.em
    .fork()
    .find(AgentKey, customerId === undefined ? {} : { customer_id: customerId }, { orderBy: { created_at: 'desc' } });
  return keys.map(({ id, customer_id, agent_id, users, label, created_at, last_used_at, revoked_at }) => ({
    id,
    customer_id,
    agent_id,
    users: users ?? null,
    label,
    created_at,
    last_used_at: last_used_at ?? null,
    revoked_at: revoked_at ?? null,
  }));
}

/** False if there is no such live key. A revoked key stops working with the next request. */
export const revokeKey = (db: Database, id: string, at: Date, by: AuditActor = byProduct): Promise<boolean> =>
  unitOfWork(db, async (em, tx) => {
    const key = await em.findOne(AgentKey, { id, revoked_at: null });
    if (!key) return false;
    key.revoked_at = at;
    await recordDeeds(tx, [deedOf('key.revoked', key, by)]);
    return true;
  });

const deedOf = (
  action: 'key.created' | 'key.revoked',
  { id, customer_id }: { readonly id: string; readonly customer_id: string },
  by: AuditActor,
): Deed => ({ customer_id, by, action, target: { kind: 'key', id }, mission_id: null, result: 'done' });
