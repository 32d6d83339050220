/**
 * The columns of the mission service's tables, one list per table. The statements, and the JSON that they build, are
 * made from these lists, so that a new column is added here, in a migration and in the entity, and nowhere else.
 */
export const missionColumns = [
  'id',
  'customer_id',
  'user_id',
  'title',
  'description',
  'created_by_agent_id',
  'origin_conversation_id',
  'status',
  'phase',
  'return_phase',
  'paused_by',
  'cancelled',
  'priority',
  'due_at',
  'completed_at',
  'outcome',
  'summary',
  'details',
  'blocked_by',
  'blocked_since',
  'can_run_autonomously',
  'last_autonomous_check',
  'max_lifetime_hours',
  'last_user_engagement_at',
  'stale_notified_at',
  'grace_period_ends_at',
  'unanswered_at',
  'concerns',
  'budget',
  'deleted_at',
  'deletion',
  'mailed',
  'metadata',
  'version',
  'fence',
  'run_id',
  'run_fence',
  'last_sequence',
  'task_counts',
  'progress',
  'needs_attention',
  'attention',
  'created_at',
  'updated_at',
] as const;

/** Columns that only the engine uses: no representation shows them. */
const missionInternals: readonly string[] = [
  'return_phase',
  'cancelled',
  'fence',
  'last_sequence',
  'unanswered_at',
  'concerns',
  'budget',
  'deletion',
  'mailed',
  'run_id',
  'run_fence',
];

export const taskColumns = [
  'id',
  'mission_id',
  'customer_id',
  'title',
  'description',
  'order',
  'status',
  'depends_on',
  'blocked_by',
  'blocked_reason',
  'timeout_at',
  'result',
  'error',
  'attempt',
  'wait_for',
  'claim',
  'started_at',
  'completed_at',
  'created_at',
  'updated_at',
] as const;
const taskInternals: readonly string[] = ['customer_id', 'wait_for'];

export const eventColumns = [
  'mission_id',
  'sequence',
  'customer_id',
  'id',
  'event_type',
  'conversation_id',
  'agent_id',
  'task_id',
  'title',
  'content',
  'metadata',
  'created_at',
] as const;
const eventInternals: readonly string[] = ['customer_id'];

export const blockerColumns = [
  'id',
  'mission_id',
  'customer_id',
  'task_id',
  'key',
  'kind',
  'reason',
  'until',
  'on_signal',
  'on_timeout',
  'opened_at',
  'timeout_at',
  'accept_after',
  'proposes',
  'asked',
  'any_of',
  'task_was',
  'resolved_at',
  'resolution',
] as const;

const without = (columns: readonly string[], internals: readonly string[]): readonly string[] =>
  columns.filter((column) => !internals.includes(column));
/**
 * The columns that callers see: members of the representations (specification section 5 "Shapes") under the same names.
 */
export const shownMission = without(missionColumns, missionInternals);
export const shownTask = without(taskColumns, taskInternals);
export const shownEvent = without(eventColumns, eventInternals);
/** An open blocker as callers see it: each member and its column. */
export const shownBlocker = [
  ['key', 'key'],
  ['kind', 'kind'],
  ['reason', 'reason'],
  ['task_id', 'task_id'],
  ['since', 'opened_at'],
  ['until_at', 'timeout_at'],
] as const;

/** How many of its newest history entries a mission is shown with, unless the request names a number. */
export const RECENT_EVENTS = 5;

const isTime = (column: string): boolean =>
  column.endsWith('_at') || column === 'blocked_since' || column === 'last_autonomous_check';
const isReserved = (column: string): boolean => column === 'order';

export const quoted = (column: string): string => (isReserved(column) ? `"${column}"` : column);
export const list = (columns: readonly string[], alias?: string): string =>
  columns.map((column) => `${alias ? `${alias}.` : ''}${quoted(column)}`).join(', ');

/**
 * The arguments of a `json_build_object` over columns: a column's name, or a member's name with its column. Times
 * become RFC 3339 in UTC, by the schema's function `iso`.
 */
export const members = (alias: string, columns: readonly (string | readonly [string, string])[]): string =>
  columns
    .map((one) => {
      const [member, column] = typeof one === 'string' ? [one, one] : one;
      const value = `${alias}.${quoted(column)}`;
      if (column === 'claim') return `'claim', case when (${value} ->> 'until')::timestamptz > now() then ${value} end`;
      // A version without this column may have written the row last.
      if (column === 'attention') return `'attention', case when ${alias}.needs_attention then ${value} else '[]' end`;
      return `'${member}', ${isTime(column) ? `iso(${value})` : value}`;
    })
    .join(', ');

export const setters = (columns: readonly string[], from: string): string =>
  columns.map((column) => `${quoted(column)} = ${from}.${quoted(column)}`).join(', ');

/** Without what only the user's own calls write: when an item was seen, and until when it is snoozed. */
export const inboxColumns = [
  'mission_id',
  'key',
  'customer_id',
  'user_id',
  'kind',
  'task_id',
  'request_id',
  'summary',
  'since',
  'until',
  'urgency',
  'agent_id',
  'revision',
  'ended_at',
  'shown_from',
] as const;
