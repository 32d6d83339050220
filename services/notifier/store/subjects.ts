import { isClosed } from '@missions/persistence/holdings/closed-owners.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Facts, Taken } from '../domain/ladder.ts';
import type { Delegate } from '../domain/delegate.ts';
import type { About, State } from '../domain/subject.ts';
import type { UserKey } from './people.ts';

export interface StoredSubject extends State {
  readonly id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly taken: readonly Taken[];
  readonly delegates: readonly Delegate[];
}
export interface KnownSubject extends StoredSubject {
  readonly facts: Facts;
  readonly about: About;
}
export const isKnown = (subject: StoredSubject): subject is KnownSubject =>
  subject.facts !== null && subject.about !== null;

const columns = 's.id, s.user_id, s.mission_id, s.facts, s.about, s.taken, s.version, s.delegates';

/** Two events of one subject may arrive at once: the row comes before the look at it. */
const make = statement(
  'subject.make',
  `insert into subject (customer_id, id, user_id, mission_id, is_open, taken, version, created_at)
   values ($1, $2, $3, $4, false, '[]', 0, $5) on conflict do nothing`,
);
const lock = statement(
  'subject.lock',
  `select ${columns} from subject s where s.customer_id = $1 and s.id = $2 for update`,
);

/** Null for a user who was erased: nothing is stored of them, and nobody else's subjects are touched by that. */
export async function lockSubject(
  tx: Tx,
  user: UserKey & { readonly mission_id: string },
  id: string,
  now: Date,
): Promise<StoredSubject | null> {
  await tx.run(make, [user.customer_id, id, user.user_id, user.mission_id, now]);
  const [row] = await tx.run<StoredSubject>(lock, [user.customer_id, id]);
  if (row) return row;
  if (await isClosed(tx, user)) return null;
  throw new Error(`the subject ${id} is gone while its event is handled`);
}

const save = statement(
  'subject.save',
  `update subject set facts = $3, about = $4, taken = $5, version = $6, is_open = $7, due_at = $8,
          agent_told_at = null
    where customer_id = $1 and id = $2`,
);
export interface SavedSubject extends State {
  readonly taken: readonly Taken[];
  /** Milliseconds since 1970. */
  readonly due_at: number | null;
}
export async function saveSubject(tx: Tx, customerId: string, id: string, it: SavedSubject): Promise<void> {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const isOpen = it.facts?.state === 'open';
  const due = it.due_at === null ? null : new Date(it.due_at);
  const values = [json(it.facts), json(it.about), json(it.taken), it.version, isOpen, due];
  await tx.run(save, [customerId, id, ...values]);
}

const remember = statement('subject.delegates', 'update subject set delegates = $3 where customer_id = $1 and id = $2');
export const saveDelegates = (
  tx: Tx,
  customerId: string,
  id: string,
  delegates: readonly Delegate[],
): Promise<unknown> => tx.run(remember, [customerId, id, JSON.stringify(delegates)]);

const saveTaken = statement(
  'subject.save_taken',
  `update subject s set taken = x.taken, due_at = to_timestamp(x.due_at / 1000.0)
     from jsonb_to_recordset($2::jsonb) as x(id text, taken jsonb, due_at float8)
    where s.customer_id = $1 and s.id = x.id`,
);
export const saveLooked = (
  tx: Tx,
  customerId: string,
  looked: readonly { readonly id: string; readonly taken: readonly Taken[]; readonly look_at: number | null }[],
): Promise<unknown> =>
  tx.run(saveTaken, [
    customerId,
    JSON.stringify(looked.map(({ id, taken, look_at }) => ({ id, taken, due_at: look_at }))),
  ]);

const lockDue = statement(
  'subject.lock_due',
  `select ${columns} from subject s
    where s.customer_id = $1 and s.user_id = $2 and s.due_at is not null and s.due_at <= $3
    order by s.id limit $4 for update`,
);
/** Those of one user that are due by then. */
export const lockDueSubjects = (tx: Tx, user: UserKey, by: Date, limit: number): Promise<StoredSubject[]> =>
  tx.run<StoredSubject>(lockDue, [user.customer_id, user.user_id, by, limit]);

const among = statement(
  'subject.among',
  `select ${columns} from subject s where s.customer_id = $1 and s.id = any($2::text[]) order by s.created_at, s.id`,
);
export const readSubjects = (tx: Tx, customerId: string, ids: readonly string[]): Promise<StoredSubject[]> =>
  tx.run<StoredSubject>(among, [customerId, ids]);

const open = statement(
  'subject.open',
  `select ${columns} from subject s where s.customer_id = $1 and s.user_id = $2 and s.is_open
    order by s.created_at, s.id limit $3`,
);
export const openSubjects = (tx: Tx, user: UserKey, limit: number): Promise<StoredSubject[]> =>
  tx.run<StoredSubject>(open, [user.customer_id, user.user_id, limit]);

const settle = statement(
  'subject.settle',
  `update subject set facts = jsonb_set(facts, '{state}', '"settled"'), is_open = false, due_at = null,
          version = greatest(version, $4)
    where customer_id = $1 and mission_id = $2 and is_open and version < $4
      and facts ->> 'kind' = any($3::text[]) returning id`,
);
/** What was said of a mission before this version of it is over. @returns the subjects that are settled by it */
export async function settleMission(
  tx: Tx,
  customerId: string,
  missionId: string,
  kinds: readonly string[],
  version: number,
): Promise<string[]> {
  const rows = await tx.run<{ id: string }>(settle, [customerId, missionId, kinds, version]);
  return rows.map(({ id }) => id);
}

const look = statement(
  'subject.look_again',
  `update subject set due_at = $3 where customer_id = $1 and user_id = $2 and is_open`,
);
/** After a change of what the user wishes: every plan may be another one. */
export const lookAgain = (tx: Tx, user: UserKey, at: Date): Promise<unknown> =>
  tx.run(look, [user.customer_id, user.user_id, at]);

const dueUser = statement(
  'subject.due_user',
  'select customer_id, user_id from subject where due_at is not null and due_at <= $1 order by due_at limit 1',
);
export async function nextDueUser(tx: Tx, now: Date): Promise<UserKey | undefined> {
  const [row] = await tx.run<UserKey>(dueUser, [now]);
  return row;
}

const forget = statement(
  'subject.forget_due',
  `update subject set due_at = null where customer_id = $1 and user_id = $2 and due_at is not null returning 1`,
);
/** Nothing of this user is due any more. @returns how many subjects were */
export const forgetDue = async (tx: Tx, user: UserKey): Promise<number> =>
  (await tx.run(forget, [user.customer_id, user.user_id])).length;

const first = statement(
  'subject.next_due',
  `select (extract(epoch from min(at)) * 1000)::float8 as at from (
     (select due_at as at from subject where due_at is not null order by due_at limit 1) union all
     (select digest_at from person where digest_at is not null order by digest_at limit 1)) x`,
);
/** When anything is due, in milliseconds since 1970. */
export async function nextDueAt(tx: Tx): Promise<number | null> {
  const [row] = await tx.run<{ at: number | null }>(first);
  return row?.at ?? null;
}

const see = statement(
  'subject.see',
  `update subject set facts = jsonb_set(facts, '{seen_at}', to_jsonb($4::float8)), due_at = $5
    where customer_id = $1 and user_id = $2 and id = any($3::text[]) and is_open returning 1`,
);
/** @returns whether any of them is open. */
export async function markSeen(tx: Tx, user: UserKey, ids: readonly string[], at: Date): Promise<boolean> {
  const rows = await tx.run(see, [user.customer_id, user.user_id, ids, at.getTime(), at]);
  return rows.length > 0;
}

const ended = statement(
  'subject.ended',
  `select ${columns} from subject s where s.customer_id = $1 and s.user_id = $2 and not s.is_open
      and s.facts ->> 'state' in ('expired', 'defaulted') and (s.facts ->> 'ended_at')::float8 > $3
    order by s.created_at, s.id limit $4`,
);
/** Questions that have ended without an answer since then. */
export const endedSubjects = (tx: Tx, user: UserKey, since: number, limit: number): Promise<StoredSubject[]> =>
  tx.run<StoredSubject>(ended, [user.customer_id, user.user_id, since, limit]);
