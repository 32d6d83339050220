import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { entryBytes, streamEntryJson } from './json.ts';

/** What a user's open streams read: all since a time when they open, and then what is new in single missions. */

const entryJson = streamEntryJson('e');

/** SQL of the missions of customer $1 and user $2 that changed since a time: each half has an index of its own. */
const changedSince = (time: string): string =>
  ['is null', 'is not null']
    .map(
      (deleted) => `select id, customer_id, version, status, phase, deleted_at, last_sequence from mission
        where customer_id = $1 and user_id = $2 and deleted_at ${deleted} and updated_at >= ${time}`,
    )
    .join(' union all ');

/** The share of the entries' texts in a reply of at most 8 MB. */
const MAX_RECENT_BYTES = 6_000_000;

/**
 * SQL of a reply: of the entries of `p`, the first $4 in an order and so many of them as fit, at least one, and whether
 * that leaves any out.
 */
const firstPage = (order: string): string => `shown as (
     select * from (
       select e.*, sum(${entryBytes}) over (order by ${order}) as bytes, row_number() over (order by ${order}) as place
         from (select * from p e order by ${order} limit $4) e) e
      where e.bytes <= ${MAX_RECENT_BYTES} or e.place = 1)
   select coalesce((select json_agg(${entryJson} order by ${order}) from shown e), '[]')::text as events,
          (select count(*) from p) > (select count(*) from shown) as truncated`;

/**
 * The history of a user's missions from a time on, by time and id. Missions that changed since are few, however many
 * the user has in all; the entries of each are found by its own index.
 */
const listRecent = statement(
  'mission.recent_history',
  `with m as (${changedSince('$3::timestamptz')}),
   p as (
     select e.*, m.version, m.status, m.phase from m cross join lateral (
       select * from mission_event e
        where e.mission_id = m.id and e.customer_id = m.customer_id
          and (e.created_at, e.id) > ($3::timestamptz, $5::uuid)
          and (m.deleted_at is null or e.event_type = 'deleted')
        order by e.created_at, e.id limit $4 + 1) e
      order by e.created_at, e.id limit $4 + 1),
   ${firstPage('e.created_at, e.id')}`,
);

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** @returns JSON text `{events, truncated, now}`. */
export async function listRecentHistory(
  tx: Tx,
  customerId: string,
  userId: string,
  { since, after = BEFORE_ALL, limit, now }: { since: string; after?: string; limit: number; now: string },
): Promise<string> {
  const values = [customerId, userId, since, limit, after];
  const [row] = await tx.run<{ events: string; truncated: boolean }>(listRecent, values);
  return `{"events":${row?.events ?? '[]'},"truncated":${row?.truncated ?? false},"now":"${now}"}`;
}

/** Of which mission a stream reads: the entries after a sequence, and, if none are known, also those since a time. */
export interface WantedHistory {
  readonly id: string;
  readonly after: number;
  readonly since?: string;
}

/**
 * A mission's entries have gapless sequences in the order of its commits, so nothing new can stand before an entry that
 * is known, and nothing is read twice.
 */
const listNew = statement(
  'mission.new_history',
  `with wanted as (select * from json_to_recordset($3::json) as w(id uuid, after int, since timestamptz)),
    p as (
     select e.*, m.version, m.status, m.phase from wanted w
      cross join lateral (
       select * from mission where id = w.id and customer_id = $1 and user_id = $2 limit 1) m
      cross join lateral (
       select * from mission_event e
        where e.mission_id = m.id and e.customer_id = m.customer_id
          and e.sequence > case when w.since is null then w.after else 0 end
          and (w.since is null or e.sequence > w.after or e.created_at >= w.since)
          and (m.deleted_at is null or e.event_type = 'deleted')
        order by e.sequence limit $4 + 1) e
      order by e.mission_id, e.sequence limit $4 + 1),
   ${firstPage('e.mission_id, e.sequence')}`,
);

/** @returns JSON text `{events, truncated}`. */
export async function listNewHistory(
  tx: Tx,
  customerId: string,
  userId: string,
  missions: readonly WantedHistory[],
  limit: number,
): Promise<string> {
  const values = [customerId, userId, JSON.stringify(missions), limit];
  const [row] = await tx.run<{ events: string; truncated: boolean }>(listNew, values);
  return `{"events":${row?.events ?? '[]'},"truncated":${row?.truncated ?? false}}`;
}

const listChanged = statement(
  'mission.changed_missions',
  `select coalesce(json_agg(json_build_object('id', id, 'last_sequence', last_sequence)), '[]')::text as missions
     from (${changedSince('$3::timestamptz')}) m`,
);

/** @returns JSON text `{missions, now}`. */
export async function listChangedMissions(
  tx: Tx,
  customerId: string,
  userId: string,
  { since, now }: { since: string; now: string },
): Promise<string> {
  const [row] = await tx.run<{ missions: string }>(listChanged, [customerId, userId, since]);
  return `{"missions":${row?.missions ?? '[]'},"now":"${now}"}`;
}
