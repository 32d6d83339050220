/**
 * The columns of the mission service's tables, in one list per table: the statements and the JSON they build are made from these, so that
 * a new column is added in one place (and in a migration, and in the entity).
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
  'created_at',
  'updated_at',
] as const;

/** The engine's own; callers are not shown them. */
const missionInternals: readonly string[] = [
  'return_phase',
  'cancelled',
  'fence',
  'last_sequence',
  'unanswered_at',
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
  'resolved_at',
  'resolution',
] as const;

const shown = (columns: readonly string[], internals: readonly string[]): readonly string[] =>
  columns.filter((column) => !internals.includes(column));
export const shownMission = shown(missionColumns, missionInternals);
export const shownTask = shown(taskColumns, taskInternals);
export const shownEvent = shown(eventColumns, eventInternals);

const isTime = (column: string): boolean =>
  column.endsWith('_at') || column === 'blocked_since' || column === 'last_autonomous_check';
const isReserved = (column: string): boolean => column === 'order';

export const quoted = (column: string): string => (isReserved(column) ? `"${column}"` : column);
export const list = (columns: readonly string[], alias?: string): string =>
  columns.map((column) => `${alias ? `${alias}.` : ''}${quoted(column)}`).join(', ');

/** The arguments of a `json_build_object` over columns; times as RFC 3339 in UTC, by the schema's function `iso`. */
export const members = (alias: string, columns: readonly string[]): string =>
  columns
    .map(
      (column) => `'${column}', ${isTime(column) ? `iso(${alias}.${quoted(column)})` : `${alias}.${quoted(column)}`}`,
    )
    .join(', ');

export const setters = (columns: readonly string[], from: string): string =>
  columns.map((column) => `${quoted(column)} = ${from}.${quoted(column)}`).join(', ');
