import { defaultPreferences, type Preferences } from '@missions/contracts/notifier/preferences.ts';
import type { ProfilePatch, ProvidedProfile } from '@missions/contracts/notifier/requests.ts';
import { isZone } from '@missions/contracts/zone.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Wishes } from '../domain/ladder.ts';
import type { Reader } from '../domain/notice.ts';
import { isLanguage } from '../domain/notice.ts';

export interface UserKey {
  readonly customer_id: string;
  readonly user_id: string;
}

/** A user as this service knows them; one that it knows nothing of has the defaults. */
export interface Person extends UserKey {
  readonly name: string | null;
  /** Where they are written to, if it is confirmed. */
  readonly email: string | null;
  readonly is_confirmed: boolean;
  readonly time_zone: string | null;
  readonly language: string | null;
  readonly preferences: Preferences;
  readonly devices: number;
  /** Milliseconds since 1970. */
  readonly told_at: number | null;
  readonly digest_day: string | null;
  readonly digest_at: number | null;
}

interface Row extends Omit<Person, keyof UserKey | 'preferences' | 'is_confirmed'> {
  readonly provided: ProvidedProfile | null;
  readonly preferences: Partial<Preferences>;
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;
const columns = `p.name, p.email, p.provided, p.time_zone, p.language,
  p.preferences, ${ms('p.told_at')} as told_at, p.digest_day, ${ms('p.digest_at')} as digest_at,
  (select count(*)::int from device d where d.customer_id = p.customer_id and d.user_id = p.user_id) as devices`;

const read = statement('person.read', `select ${columns} from person p where p.customer_id = $1 and p.user_id = $2`);
const lock = statement(
  'person.lock',
  `select ${columns} from person p where p.customer_id = $1 and p.user_id = $2 for update of p`,
);
const lockFree = statement(
  'person.lock_free',
  `select ${columns} from person p where p.customer_id = $1 and p.user_id = $2 for update of p skip locked`,
);
const make = statement(
  'person.make',
  `insert into person (customer_id, user_id, preferences, updated_at) values ($1, $2, '{}', $3) on conflict do nothing`,
);

const unknown: Row = {
  name: null,
  email: null,
  provided: null,
  time_zone: null,
  language: null,
  preferences: {},
  devices: 0,
  told_at: null,
  digest_day: null,
  digest_at: null,
};

/** What the user has said holds before what the provider says. */
function personOf({ customer_id, user_id }: UserKey, { provided, ...row }: Row = unknown): Person {
  const zone = [row.time_zone, provided?.time_zone].find((one) => typeof one === 'string' && isZone(one));
  const language = [row.language, provided?.locale].find((one) => typeof one === 'string' && isLanguage(one));
  return {
    ...row,
    customer_id,
    user_id,
    name: row.name ?? provided?.name ?? null,
    email: row.email ?? provided?.email ?? null,
    is_confirmed: row.email !== null || (provided?.email_confirmed ?? false),
    time_zone: zone ?? null,
    language: language ?? null,
    preferences: { ...defaultPreferences, ...row.preferences },
  };
}

export async function readPerson(tx: Tx, user: UserKey): Promise<Person> {
  const [row] = await tx.run<Row>(read, [user.customer_id, user.user_id]);
  return personOf(user, row);
}

/** Locks the user's row, which is made if there is none. */
export async function lockPerson(tx: Tx, user: UserKey, now: Date): Promise<Person> {
  await tx.run(make, [user.customer_id, user.user_id, now]);
  const [row] = await tx.run<Row>(lock, [user.customer_id, user.user_id]);
  return personOf(user, row);
}

/** Null while another transaction has the user. */
export async function lockFreePerson(tx: Tx, user: UserKey, now: Date): Promise<Person | null> {
  await tx.run(make, [user.customer_id, user.user_id, now]);
  const [row] = await tx.run<Row>(lockFree, [user.customer_id, user.user_id]);
  return row === undefined ? null : personOf(user, row);
}

export const wishesOf = ({ email, is_confirmed, devices, preferences, time_zone }: Person): Wishes => ({
  reachable: { mail: email !== null && is_confirmed, push: devices > 0 },
  preferences,
  time_zone: time_zone ?? 'UTC',
});

export const readerOf = ({ customer_id, user_id, name, language, time_zone }: Person): Reader => ({
  customer_id,
  user_id,
  name,
  language: language ?? 'en',
  time_zone: time_zone ?? 'UTC',
});

const told = statement('person.told', 'update person set told_at = $3 where customer_id = $1 and user_id = $2');
export const markTold = (tx: Tx, { customer_id, user_id }: UserKey, at: Date): Promise<unknown> =>
  tx.run(told, [customer_id, user_id, at]);

const provide = statement(
  'person.provide',
  'update person set provided = $3, updated_at = $4 where customer_id = $1 and user_id = $2 and provided is distinct from $3',
);
/** @returns whether it is something new. */
export async function storeProvided(tx: Tx, user: UserKey, provided: ProvidedProfile, now: Date): Promise<void> {
  await tx.run(provide, [user.customer_id, user.user_id, JSON.stringify(provided), now]);
}

const change = statement(
  'person.change',
  `update person set name = case when $3::jsonb ? 'name' then $3::jsonb ->> 'name' else name end,
     email = case when $3::jsonb ? 'email' then $3::jsonb ->> 'email' else email end,
     time_zone = case when $3::jsonb ? 'time_zone' then $3::jsonb ->> 'time_zone' else time_zone end,
     language = case when $3::jsonb ? 'locale' then $3::jsonb ->> 'locale' else language end, updated_at = $4
    where customer_id = $1 and user_id = $2`,
);
export const changePerson = (tx: Tx, user: UserKey, patch: ProfilePatch, now: Date): Promise<unknown> =>
  tx.run(change, [user.customer_id, user.user_id, JSON.stringify(patch), now]);

const wish = statement(
  'person.wish',
  `update person set preferences = $3, digest_at = $4, updated_at = $5 where customer_id = $1 and user_id = $2`,
);
export const saveWishes = (
  tx: Tx,
  user: UserKey,
  preferences: Preferences,
  digestAt: number | null,
  now: Date,
): Promise<unknown> =>
  tx.run(wish, [
    user.customer_id,
    user.user_id,
    JSON.stringify(preferences),
    digestAt === null ? null : new Date(digestAt),
    now,
  ]);

const dueDigest = statement(
  'person.due_digest',
  `select customer_id, user_id from person where digest_at is not null and digest_at <= $1
    order by digest_at limit 1 for update skip locked`,
);
/** The user whose digest has been due for longest, locked. */
export async function lockDueDigest(tx: Tx, now: Date): Promise<UserKey | undefined> {
  const [row] = await tx.run<UserKey>(dueDigest, [now]);
  return row;
}

const digested = statement(
  'person.digested',
  'update person set digest_day = $3, digest_at = $4 where customer_id = $1 and user_id = $2',
);
export const markDigested = (
  tx: Tx,
  { customer_id, user_id }: UserKey,
  day: string | null,
  nextAt: number | null,
): Promise<unknown> => tx.run(digested, [customer_id, user_id, day, nextAt === null ? null : new Date(nextAt)]);
