import {
  blockerColumns,
  members,
  missionColumns,
  shownBlocker,
  shownEvent,
  shownMission,
  shownTask,
  taskColumns,
} from './columns.ts';

/**
 * The JSON that callers are shown. SQL builds it, and service and gateway pass it on as text (decision 0002). Parsing
 * rows into objects to print them again cost more than all the rest of a read: ORM `populate` of a mission with tasks
 * served a thirteenth of the reads.
 *
 * Every function here returns SQL. `mission` is the alias of the mission's row in the surrounding statement.
 */
export const taskJson = (alias: string): string => `json_build_object(${members(alias, shownTask)})`;
export const eventJson = (alias: string): string => `json_build_object(${members(alias, shownEvent)})`;
/** As a stream shows a history entry, whose row bears members of its mission beside its own. */
export const streamEntryJson = (entry: string): string =>
  `json_build_object(${members(entry, shownEvent)}, 'mission', json_build_object('id', ${entry}.mission_id,
     'version', ${entry}.version, 'status', ${entry}.status, 'phase', ${entry}.phase))`;
/** A mission's own fields, without tasks, events and blockers. */
export const missionJson = (mission: string): string => `json_build_object(${members(mission, shownMission)})`;

/** @param condition SQL that narrows the tasks `t`, e.g. `and t.status = 'ready'`. */
export const tasksOf = (mission: string, condition = ''): string =>
  `coalesce((select json_agg(${taskJson('t')} order by t."order", t.id) from task t
     where t.mission_id = ${mission}.id and t.customer_id = ${mission}.customer_id ${condition}), '[]')`;

/**
 * The share of history entries in a reply, which may have 8 MB in all. A mission's own fields and its tasks have their
 * own bound (`domain/size.ts`).
 */
const MAX_EVENT_BYTES = 2_500_000;

/** SQL of the bytes that the texts of the history entry `e` take in JSON, where a line break is two. */
export const entryBytes = 'octet_length(to_json(e.content)::text) + octet_length(e.metadata::text)';

/**
 * The first entries of a selection whose texts fit into a reply together: always at least one. `omitted.ts` says how
 * many were left out.
 * @param from SQL of a selection of history entries.
 */
export const fitting = (from: string, order: 'asc' | 'desc'): string =>
  `(select * from (select e.*,
        sum(${entryBytes}) over (order by e.sequence ${order}) as bytes,
        row_number() over (order by e.sequence ${order}) as place
      from (${from}) e) e where e.bytes <= ${MAX_EVENT_BYTES} or e.place = 1)`;

/** @param limit SQL of the number of entries, newest first. */
export const newestEventsOf = (mission: string, limit: string): string =>
  `coalesce((select json_agg(${eventJson('e')} order by e.sequence desc) from ${fitting(
    `select * from mission_event where mission_id = ${mission}.id and customer_id = ${mission}.customer_id
      order by sequence desc limit ${limit}`,
    'desc',
  )} e), '[]')`;

/**
 * The condition that a blocker of one mission is open. `coalesce` keeps the index of a customer's open blockers away, so
 * that they are found by their mission, whatever the statistics say: while a database is new, all open blockers of the
 * customer were read for each mission, 0.1 ms for 300.
 */
export const isOpen = (blocker: string): string => `coalesce(${blocker}.resolved_at, 'infinity') = 'infinity'`;

export const openBlockersOf = (mission: string): string =>
  `coalesce((select json_agg(json_build_object(${members('b', shownBlocker)}) order by b.opened_at, b.id) from blocker b
     where b.mission_id = ${mission}.id and b.customer_id = ${mission}.customer_id and ${isOpen('b')}), '[]')`;

/**
 * The approval service stores input requests. `null` means that it has some of this mission, and the gateway reads them
 * there; `[]`, that there are none.
 * @param condition SQL that narrows the blockers `b` that count, e.g. that they are open.
 */
export const inputRequestsJson = (mission: string, condition: string): string =>
  `case when exists (select from blocker b where b.mission_id = ${mission}.id and b.customer_id = ${mission}.customer_id
     and b.kind = 'human_input' ${condition}) then null else '[]'::json end`;

/**
 * A mission read by its id (specification section 5 "Shapes"). `creationDetail` in `create-mission.ts` makes the same
 * members from a new mission's rows.
 * @param events SQL of the number of newest history entries.
 * @param tasks SQL of the list of its tasks.
 */
export const detailJson = (mission: string, events: string, tasks = tasksOf(mission)): string =>
  `json_build_object(${members(mission, shownMission)}, 'tasks', ${tasks},
     'recent_events', ${newestEventsOf(mission, events)}, 'blockers', ${openBlockersOf(mission)},
     'input_requests', ${inputRequestsJson(mission, `and ${isOpen('b')}`)})`;

/**
 * A mission in a list. Tasks and events are left out unless the request includes them.
 * @param events SQL of the number of newest history entries.
 */
export const listedJson = (mission: string, withTasks: boolean, withEvents: boolean, events: string): string =>
  `json_build_object(${members(mission, shownMission)}, 'blockers', ${openBlockersOf(mission)}${
    withTasks ? `, 'tasks', ${tasksOf(mission)}` : ''
  }${withEvents ? `, 'recent_events', ${newestEventsOf(mission, events)}` : ''})`;

/** The aggregate as the domain reads it: every column, all tasks, the open blockers. */
export const stateJson = (mission: string): string =>
  `json_build_object(${members(mission, missionColumns)},
     'tasks', coalesce((
        select json_agg(json_build_object(${members('t', taskColumns)}) order by t."order", t.id) from task t
        where t.mission_id = ${mission}.id and t.customer_id = ${mission}.customer_id), '[]'),
     'blockers', coalesce((
        select json_agg(json_build_object(${members('b', blockerColumns)}) order by b.opened_at, b.id) from blocker b
        where b.mission_id = ${mission}.id and b.customer_id = ${mission}.customer_id
          and ${isOpen('b')}), '[]'))`;
