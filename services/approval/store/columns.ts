import { dueAt, type InputRequest, type State, type Withdrawn } from '../domain/state.ts';

/**
 * The columns of `input_request`. The statements are made from this list; a new column is added here, in a migration
 * and in the entity.
 */
const columns = [
  'id',
  'customer_id',
  'user_id',
  'mission_id',
  'task_id',
  'task',
  'conversation_id',
  'prompt',
  'options',
  'allow_freeform',
  'context',
  'urgency',
  'status',
  'response',
  'responded_at',
  'expires_at',
  'default_option',
  'remind_at',
  'reminded_at',
  'version',
  'created_at',
  'action',
  'irreversible',
  'edits',
  'assignees',
  'quorum',
  'escalate_to',
  'escalate_at',
  'agent_id',
] as const;

/** With the time of the next step, which is stored so that an index finds what is due. */
export const columnList = (alias?: string): string =>
  [...columns, 'due_at'].map((column) => (alias ? `${alias}.${column}` : column)).join(', ');

/** A `Row` as JSON built in SQL, with times in RFC 3339 and UTC by the schema's function `iso`. */
export const rowJson = (alias: string): string => {
  const value = (column: string) => (column.endsWith('_at') ? `iso(${alias}.${column})` : `${alias}.${column}`);
  const members = columns.map((column) => `'${column}', ${value(column)}`);
  return `json_build_object(${members.join(', ')}, 'approvals', ${approvalsOf(alias)})`;
};

/** Only a request that several people must approve has rows to look for. */
const approvalsOf = (alias: string): string => `case when ${alias}.quorum > 1 then (
  select coalesce(json_agg(json_build_object('user_id', a.user_id, 'selected_option', a.response -> 'selected_option',
      'via', a.response -> 'via', 'responded_at', iso(a.responded_at))::jsonb
      || case when a.response ? 'on_behalf_of' then jsonb_build_object('on_behalf_of', a.response -> 'on_behalf_of') else '{}' end
      || case when a.response ? 'note' then jsonb_build_object('note', a.response -> 'note') else '{}' end
      || case when a.response ? 'edits' then jsonb_build_object('edits', a.response -> 'edits') else '{}' end
    order by a.place), '[]')
    from input_answer a where a.customer_id = ${alias}.customer_id and a.request_id = ${alias}.id and a.approves)
  else '[]' end`;

/**
 * The current time: a virtual clock's, if the parameter is not null, else the database's at this moment (not at the
 * transaction's begin).
 */
export const now = (parameter: string): string => `coalesce(${parameter}::timestamptz, clock_timestamp())`;

/** A tombstone is a row without prompt and deadline, because nothing is known of its request. */
interface WithdrawnRow extends Omit<Withdrawn, 'status'> {
  readonly status: 'cancelled';
  readonly prompt: null;
}
export type Row = InputRequest | WithdrawnRow;

export function stateOf(row: Row | null): State {
  if (row === null || row.prompt !== null) return row;
  const { id, customer_id, user_id, mission_id, version, created_at } = row;
  return { status: 'withdrawn', id, customer_id, user_id, mission_id, version, created_at };
}

/** The columns of a tombstone that may not be null get neutral values. */
export const rowOf = (state: InputRequest | Withdrawn): object =>
  state.status === 'withdrawn'
    ? {
        ...state,
        status: 'cancelled',
        conversation_id: '',
        options: [],
        allow_freeform: true,
        urgency: 'normal',
        irreversible: false,
        assignees: [],
        quorum: 1,
      }
    : { ...state, due_at: dueAt(state) };
