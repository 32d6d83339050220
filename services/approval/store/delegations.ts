import type { Delegation, NewDelegation } from '@missions/contracts/approval/delegations.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Told } from '../domain/events.ts';
import type { UserKey } from './approval-rules.ts';
import { now } from './columns.ts';

/** Who answers whose questions for a while. What is over is as good as gone, and goes when its user makes another. */
const shown = `g.id, g.user_id, g.to_user_id, iso(g.from_at) as "from", iso(g.until_at) as "until",
  iso(g.created_at) as created_at`;
const mine = 'g.customer_id = $1 and (g.user_id = $2 or g.to_user_id = $2)';

/** SQL of those of a question that hold at a time: of everybody whom it asks, as `domain/answerers.ts` wants them. */
export const delegationsOf = (request: string, at: string): string => `(
  select coalesce(json_agg(json_build_object('id', g.id, 'user_id', g.user_id, 'to_user_id', g.to_user_id,
      'from', iso(g.from_at), 'until', iso(g.until_at)) order by g.from_at, g.id), '[]')
    from delegation g where g.customer_id = ${request}.customer_id and g.user_id = ${askedBy(request)}
     and g.from_at <= ${at} and ${at} < g.until_at)`;

/** SQL of everybody whom a question asks, now or later. */
export const askedBy = (request: string): string =>
  `any(array[${request}.user_id, ${request}.escalate_to] || array(select jsonb_array_elements_text(${request}.assignees)))`;

const list = statement(
  'approval.delegations',
  `select ${shown} from delegation g where ${mine} and g.until_at > ${now('$3')} order by g.from_at, g.id limit 500`,
);
/** Those that the user has given and was given, and that are not over. */
export const listDelegations = (
  tx: Tx,
  { customer_id, user_id }: UserKey,
  virtualNow: Date | null,
): Promise<Delegation[]> => tx.run<Delegation>(list, [customer_id, user_id, virtualNow]);

/** One caller at a time makes a delegation for a user, so that their number is known. */
const lock = statement(
  'approval.lock_delegations',
  "select pg_advisory_xact_lock(20261210, hashtext($1 || ' ' || $2))",
);
const purge = statement(
  'approval.purge_delegations',
  `delete from delegation where customer_id = $1 and user_id = $2 and until_at <= ${now('$3')}`,
);
const count = statement(
  'approval.count_delegations',
  'select count(*)::int as given from delegation where customer_id = $1 and user_id = $2',
);
/** How many the user has given, whom the transaction has locked, without those that are over. */
export async function countGiven(tx: Tx, { customer_id, user_id }: UserKey, virtualNow: Date | null): Promise<number> {
  await tx.run(lock, [customer_id, user_id]);
  await tx.run(purge, [customer_id, user_id, virtualNow]);
  const [row] = await tx.run<{ given: number }>(count, [customer_id, user_id]);
  return row?.given ?? 0;
}

const insert = statement(
  'approval.insert_delegation',
  `insert into delegation as g (customer_id, user_id, id, to_user_id, from_at, until_at, created_at)
   select $1, $2, $3, $4, greatest(n.at, $5::timestamptz), $6, n.at from (select ${now('$7')} as at) n
   returning ${shown}`,
);
/** Nobody can answer before it was made. */
export async function insertDelegation(
  tx: Tx,
  { customer_id, user_id }: UserKey,
  { id, to_user_id, from = null, until }: NewDelegation & { readonly id: string },
  virtualNow: Date | null,
): Promise<Delegation> {
  const values = [customer_id, user_id, id, to_user_id, from, until, virtualNow];
  return (await tx.run<Delegation>(insert, values))[0] as Delegation;
}

const remove = statement(
  'approval.remove_delegation',
  `delete from delegation g where ${mine} and g.id = $3 returning ${shown}`,
);
/** Waits for an answer that is just being given by it. Undefined if the user has neither given nor got it. */
export async function removeDelegation(
  tx: Tx,
  { customer_id, user_id }: UserKey,
  id: string,
): Promise<Delegation | undefined> {
  return (await tx.run<Delegation>(remove, [customer_id, user_id, id]))[0];
}

/** Of so many people a delegate answers the questions: one who answers for more has them in the list of questions. */
const MAX_DELEGATORS = 200;
const given = statement(
  'approval.delegators',
  `select g.user_id from delegation g, (select ${now('$3')} as at) n
    where g.customer_id = $1 and g.to_user_id = $2 and g.from_at <= n.at and n.at < g.until_at
    group by g.user_id order by min(g.from_at), g.user_id limit ${MAX_DELEGATORS}`,
);
/** Whose questions the user answers at this moment. */
export async function delegatorsOf(
  tx: Tx,
  { customer_id, user_id }: UserKey,
  virtualNow: Date | null,
): Promise<string[]> {
  const rows = await tx.run<{ user_id: string }>(given, [customer_id, user_id, virtualNow]);
  return rows.map(({ user_id: of }) => of);
}

const standing = statement(
  'approval.standing_delegations',
  `select ${shown} from delegation g, input_request r
    where r.customer_id = $1 and r.id = $2 and g.customer_id = $1 and g.user_id = ${askedBy('r')}
      and g.until_at > ${now('$3')} and r.context -> 'proposes' is null order by g.from_at, g.id`,
);
/** Those of the people whom a question asks that hold, or will. */
export const standingOf = (
  tx: Tx,
  { customer_id, id }: { readonly customer_id: string; readonly id: string },
  virtualNow: Date | null,
): Promise<Delegation[]> => tx.run<Delegation>(standing, [customer_id, id, virtualNow]);

const such = `r.status = 'pending' and r.context -> 'proposes' is null and not exists (
  select from input_answer a where a.customer_id = r.customer_id and a.request_id = r.id
     and (a.user_id = $2 or a.on_behalf_of = $2))`;
const told = 'r.id, r.customer_id, r.user_id, r.mission_id, r.task_id, r.version';
const pending = statement(
  'approval.delegable',
  `select ${told} from input_request r where r.customer_id = $1 and r.user_id = $2 and ${such}
   union all
   select ${told} from input_person p join input_request r on r.customer_id = p.customer_id and r.id = p.request_id
    where p.customer_id = $1 and p.user_id = $2 and ${such}`,
);
/** What waits for the user's answer, and may be delegated. */
export const pendingOf = (tx: Tx, { customer_id, user_id }: UserKey): Promise<Told[]> =>
  tx.run<Told>(pending, [customer_id, user_id]);
