import { type InboxFilter, type InboxGroup, inboxGroups } from '@missions/contracts/mission/inbox.ts';
import { attentions, type Attention } from '@missions/contracts/mission/vocabulary.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { isUuid } from '@missions/runtime/id.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { isDelegated, type Mark, markDelegated, marksOf, type Reader } from './delegated-items.ts';

/**
 * Reading and marking a user's inbox. An item is named `<mission id>:<key>`. What is seen or snoozed is so for the
 * revision that it was marked in: a changed item is news again.
 */
const groups: Record<Attention, InboxGroup> = {
  question: 'answer',
  task_failed: 'look_at',
  paused_by_system: 'look_at',
  unanswered: 'look_at',
  bounced: 'look_at',
  budget: 'look_at',
  stale: 'ending',
};

const DEFAULT_LIMIT = 50;
const SNOOZED = 'coalesce(s.snoozed_until > n.now and s.snoozed_revision = i.revision, false)';
/** As the user `$2` sees it. */
const JSON_OF_ITEM = `json_strip_nulls(json_build_object('id', i.mission_id || ':' || i.key, 'kind', i.kind,
   'group', ${group('i.kind')}, 'mission', json_build_object('id', m.id, 'title', m.title),
   'of_user_id', case when m.user_id <> $2 then m.user_id end,
   'on_behalf_of', case when i.user_id <> $2 then i.user_id end, 'task_id', i.task_id,
   'request_id', i.request_id, 'summary', i.summary, 'since', iso(i.since), 'until', iso(i.until),
   'agent_id', i.agent_id, 'urgency', i.urgency,
   'seen_at', case when s.seen_revision = i.revision then iso(s.seen_at) end,
   'snoozed_until', case when ${SNOOZED} then iso(s.snoozed_until) end))`;
/** A version without the inbox may have written the mission last. */
const STANDS = 'i.ended_at is null and m.needs_attention and m.deleted_at is null';
/** An item of somebody who is told late, if nobody has answered until then. */
const SHOWN = 'coalesce(i.shown_from <= n.now, true)';
const ITEMS = 'inbox_item i join mission m on m.id = i.mission_id and m.customer_id = i.customer_id';
/** Of the user `$2`, with the questions of those for whom they answer. */
const theirs = (delegators: string): string =>
  `i.customer_id = $1 and i.user_id = any(array_append(${delegators}::text[], $2::text))
     and (i.user_id = $2 or ${isDelegated('$2', `${delegators}::text[]`)})`;
const NOW = (parameter: string): string => `(select coalesce(${parameter}::timestamptz, clock_timestamp()) as now) n`;

function group(kind: string): string {
  const cases = attentions.map((attention) => `when '${attention}' then '${groups[attention]}'`);
  return `case ${kind} ${cases.join(' ')} end`;
}

/** Urgency, then the nearest deadline, then the oldest. */
const KEY = 'rank desc, until, since, mission_id, key';

const read = statement(
  'mission.inbox',
  `with items as (
     select i.mission_id, i.key, ${group('i.kind')} as in_group, i.since, coalesce(i.until, 'infinity') as until,
            case i.urgency when 'high' then 2 when 'low' then 0 else 1 end as rank, ${SNOOZED} as is_snoozed,
            s.snoozed_until, ${JSON_OF_ITEM}::text as json
       from ${ITEMS} ${marksOf('$2')}, ${NOW('$3')}
      where ${theirs('$12')} and ${STANDS} and ${SHOWN}),
   page as (
     select * from items
      where is_snoozed = $4 and ($5::text is null or in_group = $5)
        and ($6::int is null or (-rank, until, since, mission_id, key)
              > (-($6::int), $7::timestamptz, $8::timestamptz, $9::uuid, $10::text))
      order by ${KEY} limit $11)
   select (select coalesce(json_object_agg(in_group, count), '{}')
             from (select in_group, count(*) from items where not is_snoozed group by in_group) c) as counts,
          (select iso(min(snoozed_until)) from items where is_snoozed) as wakes_at,
          (select coalesce(json_agg(json_build_object('json', json, 'position',
                     json_build_array(rank, coalesce(iso(nullif(until, 'infinity')), 'infinity'), iso(since), mission_id, key))
                     order by ${KEY}), '[]') from page) as page`,
);

const openQuestions = statement(
  'mission.open_questions',
  `select i.request_id from ${ITEMS}
    where i.customer_id = $1 and ($2::text is null or i.user_id = $2) and ($3::uuid is null or i.mission_id = $3)
      and i.kind = 'question' and ${STANDS}
    order by i.since desc limit 200`,
);

/** The questions that missions of a user wait for, newest first; without a user, those of a mission. */
export async function openQuestionsOf(
  tx: Tx,
  { customer_id, user_id }: { readonly customer_id: string; readonly user_id: string | null },
  missionId: string | null,
): Promise<string[]> {
  if (user_id === null && missionId === null) return [];
  const rows = await tx.run<{ request_id: string }>(openQuestions, [customer_id, user_id, missionId]);
  return rows.map(({ request_id }) => request_id);
}

export type InboxPosition = [rank: number, until: string, since: string, missionId: string, key: string];

const isTime = (part: unknown): boolean =>
  typeof part === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(part) && !Number.isNaN(Date.parse(part));

export const decodeInboxCursor = (cursor: string): InboxPosition | undefined =>
  decodeCursor(cursor, 'inbox', [
    (rank) => rank === 0 || rank === 1 || rank === 2,
    (until) => until === 'infinity' || isTime(until),
    isTime,
    (id) => typeof id === 'string' && isUuid(id),
    (key) => typeof key === 'string',
  ]) as InboxPosition | undefined;

/**
 * A page, and what the whole inbox holds. Reads all items of the user, of whom one has some hundred at most.
 * @param now null: by the database's clock.
 */
export async function readInbox(
  tx: Tx,
  { customer_id, user_id, delegators }: Reader,
  { group: only, snoozed = false, limit = DEFAULT_LIMIT }: InboxFilter,
  after: InboxPosition | undefined,
  now: Date | null,
): Promise<string> {
  const position = after ?? [null, null, null, null, null];
  const values = [customer_id, user_id, now, snoozed, only ?? null, ...position, limit + 1, delegators];
  const [row] = await tx.run<{
    counts: Partial<Record<InboxGroup, number>>;
    wakes_at: string | null;
    page: { json: string; position: InboxPosition }[];
  }>(read, values);
  const { counts = {}, wakes_at = null, page = [] } = row ?? {};
  const shown = page.slice(0, limit);
  const last = shown.length < page.length ? shown.at(-1) : undefined;
  const counted = Object.fromEntries(inboxGroups.map((name) => [name, counts[name] ?? 0]));
  const next = last ? encodeCursor('inbox', last.position) : null;
  return `{"items":[${shown.map(({ json }) => json).join(',')}],"counts":${JSON.stringify(counted)},"wakes_at":${JSON.stringify(wakes_at)},"next_cursor":${JSON.stringify(next)}}`;
}

/** Which of the ids are items of the user, in the order in which their rows are locked; those that are over included. */
const lock = statement(
  'mission.inbox_lock',
  `select mission_id || ':' || key as id from inbox_item
    where customer_id = $1 and user_id = any(array_append($5::text[], $2::text)) and mission_id = any($3::uuid[])
      and mission_id || ':' || key = any($4::text[])
    order by mission_id, key for update`,
);

export async function lockItems(
  tx: Tx,
  { customer_id, user_id, delegators }: Reader,
  ids: readonly string[],
): Promise<Set<string>> {
  const missions = [...new Set(ids.map((id) => id.slice(0, 36)).filter(isUuid))];
  const rows = await tx.run<{ id: string }>(lock, [customer_id, user_id, missions, ids, delegators]);
  return new Set(rows.map(({ id }) => id));
}

const marking = (name: string, setters: string) =>
  statement(
    name,
    `update inbox_item i set ${setters}
        from mission m, ${NOW('$5')}
       where i.customer_id = $1 and i.user_id = $2 and i.mission_id = any($3::uuid[])
         and i.mission_id || ':' || i.key = any($4::text[])
         and m.id = i.mission_id and m.customer_id = i.customer_id and ${STANDS} and ${SHOWN}`,
  );
const see = marking(
  'mission.inbox_see',
  `seen_at = case when i.seen_revision = i.revision then i.seen_at else n.now end, seen_revision = i.revision`,
);
const unsee = marking('mission.inbox_unsee', 'seen_at = null, seen_revision = null');
const snooze = marking('mission.inbox_snooze', 'snoozed_until = $6, snoozed_revision = i.revision');

const named = statement(
  'mission.inbox_named',
  `select coalesce(json_agg(${JSON_OF_ITEM} order by i.mission_id, i.key), '[]')::text as items
     from ${ITEMS} ${marksOf('$2')}, ${NOW('$5')}
    where ${theirs('$6')} and i.mission_id = any($3::uuid[]) and i.mission_id || ':' || i.key = any($4::text[])
      and ${STANDS} and ${SHOWN}`,
);

/** JSON text of the items that still stand, as they are marked now. `lockItems` has found all of the ids. */
export async function markItems(
  tx: Tx,
  reader: Reader,
  ids: readonly string[],
  how: Mark,
  now: Date | null,
): Promise<string> {
  const { customer_id, user_id, delegators } = reader;
  const of = [customer_id, user_id, [...new Set(ids.map((id) => id.slice(0, 36)))], ids, now];
  await (typeof how === 'string' ? tx.run(how === 'seen' ? see : unsee, of) : tx.run(snooze, [...of, how.until]));
  if (delegators.length > 0) await markDelegated(tx, reader, ids, how, now);
  const [row] = await tx.run<{ items: string }>(named, [...of, delegators]);
  return row?.items ?? '[]';
}

const within = statement(
  'mission.inbox_until',
  `select case when $1::timestamptz <= now then 'past' when $1::timestamptz > now + make_interval(days => $3) then 'late'
          else 'fine' end as verdict from ${NOW('$2')}`,
);

/** Whether a time lies in the next days, by the database's clock. */
export async function verdictOn(
  tx: Tx,
  until: string,
  now: Date | null,
  days: number,
): Promise<'past' | 'late' | 'fine'> {
  const [row] = await tx.run<{ verdict: 'past' | 'late' | 'fine' }>(within, [until, now, days]);
  return row?.verdict ?? 'late';
}
