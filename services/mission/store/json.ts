import {
  blockerColumns,
  members,
  missionColumns,
  shownEvent,
  shownMission,
  shownTask,
  taskColumns,
} from './columns.ts';

/**
 * The JSON that callers are shown, built in SQL and passed through service and gateway as text. Parsing rows into objects to print
 * them again cost more than all the rest of a read: ORM `populate` of a mission with tasks served a thirteenth of the reads.
 */
export const taskJson = (alias: string): string => `json_build_object(${members(alias, shownTask)})`;
export const eventJson = (alias: string): string => `json_build_object(${members(alias, shownEvent)})`;
export const openBlockerJson = (alias: string): string =>
  `json_build_object('key', ${alias}.key, 'kind', ${alias}.kind, 'reason', ${alias}.reason, 'task_id', ${alias}.task_id, 'since', iso(${alias}.opened_at), 'until_at', iso(${alias}.timeout_at))`;

const tasksOf = (mission: string): string =>
  `coalesce((select json_agg(${taskJson('t')} order by t."order", t.id) from task t where t.mission_id = ${mission}.id and t.customer_id = ${mission}.customer_id), '[]')`;
/** An answer may have 8 MB; a mission's own fields and tasks have their bound (`store/size.ts`), and this is the share of its events. */
const MAX_EVENT_BYTES = 3_000_000;
/** How much an entry adds, with those before it in the order: SQL of a window over `e`. */
const bytesSoFar = (order: 'asc' | 'desc'): string =>
  `sum(octet_length(e.content) + octet_length(e.metadata::text)) over (order by e.sequence ${order})`;

/**
 * The first so many entries of a selection, and of those as many as fit into an answer: always one, for none is larger than that.
 * @param from SQL of a selection of history entries.
 */
export const fitting = (from: string, order: 'asc' | 'desc'): string =>
  `(select * from (select e.*, ${bytesSoFar(order)} as bytes from (${from}) e) e where e.bytes <= ${MAX_EVENT_BYTES})`;

const newestEventsOf = (mission: string, limit: string): string =>
  `coalesce((select json_agg(${eventJson('e')} order by e.sequence desc) from ${fitting(
    `select * from mission_event where mission_id = ${mission}.id and customer_id = ${mission}.customer_id order by sequence desc limit ${limit}`,
    'desc',
  )} e), '[]')`;
const openBlockersOf = (mission: string): string =>
  `coalesce((select json_agg(${openBlockerJson('b')} order by b.opened_at, b.id) from blocker b
     where b.mission_id = ${mission}.id and b.customer_id = ${mission}.customer_id and b.resolved_at is null), '[]')`;

/**
 * Questions are kept by the approval service: `null` says that there are some, which the gateway asks that service for; `[]`, that there are none.
 * @param which SQL: the blockers that count.
 */
export const inputRequestsJson = (mission: string, which: string): string =>
  `case when exists (select from blocker b where b.mission_id = ${mission}.id and b.customer_id = ${mission}.customer_id and b.kind = 'human_input' ${which}) then null else '[]'::json end`;

/** A mission read by its id (specification section 5 "Shapes"). `events`: how many of the newest, as SQL. */
export const detailJson = (mission: string, events: string): string =>
  `json_build_object(${members(mission, shownMission)}, 'tasks', ${tasksOf(mission)}, 'recent_events', ${newestEventsOf(mission, events)}, 'blockers', ${openBlockersOf(mission)}, 'input_requests', ${inputRequestsJson(mission, 'and b.resolved_at is null')})`;

/** A mission in a list; `withTasks` and `events` as SQL. Members that were not asked for are left out. */
export const listedJson = (mission: string, withTasks: boolean, withEvents: boolean, events: string): string =>
  `json_build_object(${members(mission, shownMission)}, 'blockers', ${openBlockersOf(mission)}${withTasks ? `, 'tasks', ${tasksOf(mission)}` : ''}${withEvents ? `, 'recent_events', ${newestEventsOf(mission, events)}` : ''})`;

/** A mission as its row says, for the resume bundle. */
export const missionJson = (mission: string): string => `json_build_object(${members(mission, shownMission)})`;

/** The aggregate as the domain reads it: every column, all tasks, the open blockers. */
export const stateJson = (mission: string): string =>
  `json_build_object(${members(mission, missionColumns)},
     'tasks', coalesce((select json_agg(json_build_object(${members('t', taskColumns)}) order by t."order", t.id) from task t where t.mission_id = ${mission}.id and t.customer_id = ${mission}.customer_id), '[]'),
     'blockers', coalesce((select json_agg(json_build_object(${members('b', blockerColumns)}) order by b.opened_at, b.id) from blocker b
        where b.mission_id = ${mission}.id and b.customer_id = ${mission}.customer_id and b.resolved_at is null), '[]'))`;
