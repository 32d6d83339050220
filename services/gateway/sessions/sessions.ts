import { hash, randomBytes } from 'node:crypto';
import { type AuditActor, byCaller, byProduct, type Deed } from '@missions/contracts/audit.ts';
import { insertDeeds, deedRows, recordDeeds } from '@missions/persistence/audit/record.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Origin } from '../http/origin.ts';

/**
 * Where users are signed in (specification section 5 "Signing in"). Every call looks its session up, so that one that
 * ends is closed at once in every copy of the gateway. All times are the database's.
 */
export interface SessionRow {
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly via: 'code' | 'oidc';
  /** The provider has said so at the sign-in. */
  readonly operator: boolean;
  readonly created_at: string;
  readonly last_seen_at: string;
  /** When it ends at the latest. */
  readonly expires_at: string;
}

export interface SignedIn extends Pick<SessionRow, 'customer_id' | 'user_id' | 'via' | 'operator'> {
  readonly provider_sid: string | null;
}

/** Whose sessions the provider has ended: those of its session `sid`, or all of the user `sub`, begun until then. */
export interface LoggedOut {
  readonly sid: string | null;
  readonly sub: string | null;
  /** Seconds since 1970. */
  readonly at: number;
}

export const LONGEST_SESSION_SECONDS = 7 * 24 * 3600;
/** More than anybody's devices. The session that was seen longest ago makes room. */
export const MOST_SESSIONS = 50;

const ALIVE = `expires_at > now() and last_seen_at > now() - interval '12 hours'`;
const iso = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`;
const COLUMNS = `id, customer_id, user_id, via, operator, ${['created_at', 'last_seen_at', 'expires_at'].map(iso).join(', ')}`;

const insert = statement(
  'gateway.start_session',
  `insert into user_session (id, hash, customer_id, user_id, via, provider_sid, operator, created_at, last_seen_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, now(), now(), now() + ${LONGEST_SESSION_SECONDS} * interval '1 second')`,
);
const deleteDead = statement('gateway.purge_sessions', `delete from user_session where not (${ALIVE})`);
const deleteOldest = statement(
  'gateway.trim_sessions',
  `delete from user_session where id in
     (select id from user_session where customer_id = $1 and user_id = $2
       order by last_seen_at desc, created_at desc offset ${MOST_SESSIONS})`,
);
const find = statement(
  'gateway.find_session',
  `with s as (select * from user_session where hash = $1 and ${ALIVE}),
        t as (update user_session set last_seen_at = now() from s
               where user_session.id = s.id and s.last_seen_at < now() - interval '1 minute')
   select ${COLUMNS} from s`,
);
/** For a call that goes on: an open page alone does not keep its user signed in. */
const look = statement('gateway.look_at_session', `select ${COLUMNS} from user_session where hash = $1 and ${ALIVE}`);
const list = statement(
  'gateway.list_sessions',
  `select ${COLUMNS} from user_session where customer_id = $1 and user_id = $2 and ${ALIVE}
   order by created_at desc, id`,
);
const end = statement(
  'gateway.end_session',
  `with ended as (delete from user_session where id = $1 and customer_id = $2 and user_id = $3 and ${ALIVE}
                  returning id),
        d as (${insertDeeds('$4')} where exists (select from ended))
   select id from ended`,
);
const endByHash = statement(
  'gateway.replace_session',
  'delete from user_session where hash = $1 returning id, customer_id, user_id',
);

/** Begun until the provider said so, with some tolerance between two clocks: a token that comes again ends nothing new. */
const endOfProvider = statement(
  'gateway.end_sessions_of_provider',
  `delete from user_session
    where via = 'oidc' and ($1::text is null or provider_sid = $1) and ($2::text is null or user_id = $2)
      and created_at <= to_timestamp($3::float8) + interval '30 seconds'
   returning id, customer_id, user_id`,
);

const hashOf = (secret: string): string => hash('sha256', secret, 'base64url');

/**
 * Starts a session with an id of its own, whatever id the browser showed before; that session ends.
 * @returns the secret id for the cookie.
 */
export async function startSession(
  tx: Tx,
  signedIn: SignedIn,
  { origin, replaced }: { readonly origin: Origin; readonly replaced: string | undefined },
): Promise<string> {
  const { customer_id, user_id, via, provider_sid, operator } = signedIn;
  const secret = randomBytes(32).toString('base64url');
  const id = newId();
  await tx.run(deleteDead);
  const before =
    replaced === undefined
      ? []
      : await tx.run<Pick<SessionRow, 'id' | 'customer_id' | 'user_id'>>(endByHash, [hashOf(replaced)]);
  await tx.run(insert, [id, hashOf(secret), customer_id, user_id, via, provider_sid, operator]);
  await tx.run(deleteOldest, [customer_id, user_id]);
  await recordDeeds(tx, [
    ...before.map((one) => sessionDeed('session.ended', one, byUser(one, origin))),
    sessionDeed('session.started', { id, customer_id }, byUser(signedIn, origin)),
  ]);
  return secret;
}

/** @param watching the call goes on and was seen before: it does not count as seen again. */
export async function findSession(db: Database, secret: string, watching: boolean): Promise<SessionRow | undefined> {
  const [row] = await autocommit(db).run<SessionRow>(watching ? look : find, [hashOf(secret)]);
  return row;
}

export const listSessions = (db: Database, customerId: string, userId: string): Promise<SessionRow[]> =>
  autocommit(db).run<SessionRow>(list, [customerId, userId]);

/** False if the user has no such session. */
export async function endSession(
  db: Database,
  session: Pick<SessionRow, 'id' | 'customer_id' | 'user_id'>,
  by: AuditActor,
): Promise<boolean> {
  const { id, customer_id, user_id } = session;
  const deeds = deedRows([sessionDeed('session.ended', session, by)]);
  return (await autocommit(db).run(end, [id, customer_id, user_id, deeds])).length > 0;
}

/**
 * Ends what the identity provider has ended: in every customer, because a user is the provider's. @returns how many
 */
export const endSessionsOfProvider = (db: Database, { sid, sub, at }: LoggedOut): Promise<number> =>
  transaction(db, async (tx) => {
    const ended = await tx.run<Pick<SessionRow, 'id' | 'customer_id' | 'user_id'>>(endOfProvider, [sid, sub, at]);
    await recordDeeds(
      tx,
      ended.map((one) => sessionDeed('session.ended', one, { ...byProduct, user_id: one.user_id })),
    );
    return ended.length;
  });

export const byUser = ({ customer_id, user_id }: Pick<SessionRow, 'customer_id' | 'user_id'>, origin: Origin) =>
  byCaller({ kind: 'user', credential: `user:${user_id}`, customer_id, user_id, agent_id: null, origin });

export const sessionDeed = (
  action: 'session.started' | 'session.ended',
  { id, customer_id }: Pick<SessionRow, 'id' | 'customer_id'>,
  by: AuditActor,
): Deed => ({ customer_id, by, action, target: { kind: 'session', id }, mission_id: null, result: 'done' });
