import type { Quota, Quotas } from '@missions/contracts/quotas.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { RecordedDecision } from '../domain/events.ts';
import { bytesOf } from '../domain/size.ts';
import type { Mission } from '../domain/state.ts';

/**
 * What is used of the quotas of missions and of storage stands in the quota's own row (decision 0039), and changes in
 * the statement that saves missions: its lock lets rivals for the last place come one after another. A customer without
 * these quotas has no such row, and pays for a look into an index that is mostly empty.
 */
interface Use {
  readonly customer_id: string;
  /** Missions that came, or were deleted (negative). */
  readonly missions: number;
  readonly bytes: number;
}

/**
 * Parts of a `with` that count what a statement writes, by `useRows`. `use` returns the rows that have changed.
 * @param refuse whether an exceeded quota fails the statement. Locked in the order of customers, so that two statements
 * about several cannot deadlock. By arrays, so that the index is used however small the table was.
 */
export const countUse = (rows: string, refuse: boolean): string => {
  const used = `json_to_recordset(${rows}::json) as d(customer_id text, missions int, bytes bigint)`;
  return `
   counted as (select q.customer_id from customer_quota q
     where q.customer_id = any(array(select d.customer_id from ${used}))
       and (q.storage is not null or (q.missions is not null
         and exists (select from ${used} where d.customer_id = q.customer_id and d.missions <> 0)))
     order by 1 for no key update of q),
   use as (update customer_quota q
       set missions_used = q.missions_used + d.missions, storage_used = q.storage_used + d.bytes
      from ${used}
     where q.customer_id = d.customer_id and q.customer_id = any(array(select customer_id from counted))
     returning q.storage, q.storage_used${refuse ? ', refuse_over_quota(q, d.missions, d.bytes)' : ''})`;
};

/** The same for a statement about one mission, which refuses nothing. */
export const countUseOfOne = (customer: string, missions: string, bytes: string): string => `
   use as (update customer_quota q
       set missions_used = q.missions_used + ${missions}::int, storage_used = q.storage_used + ${bytes}::bigint
     where q.customer_id = ${customer}
       and (q.storage is not null or (q.missions is not null and ${missions}::int <> 0))
     returning q.storage, q.storage_used)`;

/** The parameter of `countUse`: JSON text, one row for each customer. */
export function useRows(uses: readonly Use[]): string {
  if (uses.length === 1) return JSON.stringify(uses);
  const sums = new Map<string, Use>();
  for (const { customer_id, missions, bytes } of uses) {
    const sum = sums.get(customer_id);
    sums.set(customer_id, {
      customer_id,
      missions: missions + (sum?.missions ?? 0),
      bytes: bytes + (sum?.bytes ?? 0),
    });
  }
  return JSON.stringify([...sums.values()]);
}

export const useOf = ({ before, mission }: RecordedDecision, bytes: number): Use => ({
  customer_id: mission.customer_id,
  missions: Number(mission.deleted_at === null) - Number(before !== null && before.deleted_at === null),
  bytes,
});

type Texts = Pick<Mission, 'title' | 'description' | 'summary' | 'details' | 'metadata'>;
const texts = ['title', 'description', 'summary', 'details', 'metadata'] as const satisfies readonly (keyof Texts)[];

/**
 * By how many bytes of JSON a decision changes what is stored of its mission: its texts, tasks, waits and history. The
 * domain replaces what it changes, so that nothing else is looked at.
 */
export function bytesAdded({ before, mission, history }: RecordedDecision): number {
  let bytes = 0;
  for (const text of texts) {
    if (before?.[text] !== mission[text]) bytes += bytesOf(mission[text]) - (before ? bytesOf(before[text]) : 0);
  }
  for (const part of ['tasks', 'blockers'] as const) {
    const was = new Map<string, object>(before?.[part].map((one) => [one.id, one]));
    for (const one of mission[part]) {
      const earlier = was.get(one.id);
      if (earlier !== one) bytes += bytesOf(one) - (earlier ? bytesOf(earlier) : 0);
    }
  }
  for (const entry of history) bytes += bytesOf(entry);
  return bytes;
}

/** The same of a mission as it is stored. */
const measured = (m: string): string => `
  octet_length(concat(${m}.title, ${m}.description, ${m}.summary, ${m}.details, ${m}.metadata))
  + ${['task', 'blocker', 'mission_event'].map((table) => `(select coalesce(sum(octet_length(row_to_json(x)::text)), 0)::bigint from ${table} x where x.mission_id = ${m}.id)`).join(' + ')}`;

const measure = statement(
  'mission.measure',
  `with unmeasured as (select id from mission where bytes is null and ($1::text is null or customer_id = $1)
        order by id limit $2 for no key update skip locked),
   m as (update mission m set bytes = ${measured('m')} where m.id = any(array(select id from unmeasured)) returning m.customer_id, m.bytes),
   use as (update customer_quota q set storage_used = q.storage_used + n.bytes
        from (select customer_id, sum(bytes) as bytes from m group by 1) n where q.customer_id = n.customer_id
         and q.customer_id = any(array(select customer_id from m)) and q.storage is not null)
   select count(*)::int as missions from m`,
);

/** Measures missions that were stored by a version that did not. @returns how many */
export async function measureMissions(tx: Tx, customerId: string | null, limit: number): Promise<number> {
  const [row] = await tx.run<{ missions: number }>(measure, [customerId, limit]);
  return row?.missions ?? 0;
}

const lock = statement('operate.quotas_lock', 'lock table customer_quota in share row exclusive mode');
const find = statement(
  'operate.quotas_find',
  `select missions, questions, mail, storage::float8 as storage from customer_quota where customer_id = $1`,
);
const set = statement(
  'operate.quotas_set',
  `insert into customer_quota (customer_id, missions, questions, mail, storage, missions_used, storage_used)
   select $1, $2, $3, $4, $5::bigint, count(*) filter (where deleted_at is null), coalesce(sum(bytes), 0)
     from mission where customer_id = $1
   on conflict (customer_id) do update set missions = excluded.missions, questions = excluded.questions,
     mail = excluded.mail, storage = excluded.storage, missions_used = excluded.missions_used,
     storage_used = excluded.storage_used`,
);
const remove = statement('operate.quotas_remove', 'delete from customer_quota where customer_id = $1');

const NONE: Quotas = { missions: null, questions: null, mail: null, storage: null };

async function findQuotas(tx: Tx, customerId: string): Promise<Quotas> {
  const [row] = await tx.run<Quotas>(find, [customerId]);
  return row ?? NONE;
}

/**
 * Changes quotas, and counts anew what is used. Writers of missions wait meanwhile, so that none is missed: each has
 * locked the table of quotas.
 */
export async function changeQuotas(
  tx: Tx,
  customerId: string,
  changes: Partial<Quotas>,
): Promise<{ readonly before: Quotas; readonly after: Quotas }> {
  await tx.run(lock);
  const before = await findQuotas(tx, customerId);
  const after = { ...before, ...changes };
  const limits = (['missions', 'questions', 'mail', 'storage'] satisfies Quota[]).map((quota) => after[quota]);
  if (limits.every((limit) => limit === null)) await tx.run(remove, [customerId]);
  else await tx.run(set, [customerId, ...limits]);
  return { before, after };
}
