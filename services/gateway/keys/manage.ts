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

/** Two, so that a key can be rotated without a pause: make the second, move the agent over, revoke the first. */
export const MAX_LIVE_KEYS = 2;

export class TooManyKeys extends Error {}

/** Makes a key and answers it: the only time it can be seen. @throws {TooManyKeys} when the agent has two live ones. */
export async function createKey(
  db: Database,
  { customer_id, agent_id, users, label }: NewKey,
  id: string,
  at: Date,
): Promise<string> {
  const secret = newSecret();
  await unitOfWork(db, async (em) => {
    // Two operators at once must not make a third key between them.
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
  });
  return formatKey(id, secret);
}

/** Newest first, without hashes. */
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

/** Answers false when there is no such live key. It stops working with the next request. */
export const revokeKey = (db: Database, id: string, at: Date): Promise<boolean> =>
  unitOfWork(db, async (em) => {
    const key = await em.findOne(AgentKey, { id, revoked_at: null });
    if (key) key.revoked_at = at;
    return key !== null;
  });
