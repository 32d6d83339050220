import type { Email, State, Tombstone } from '../domain/state.ts';

/**
 * The columns of `email`. The statements are made from this list; a new column is added here, in a migration and in the
 * entity.
 */
const columns = [
  'customer_id',
  'id',
  'user_id',
  'mission_id',
  'task_id',
  'token',
  'message_id',
  'thread_id',
  'from_address',
  'reply_to',
  'to_addresses',
  'cc_addresses',
  'bcc_addresses',
  'subject',
  'body_text',
  'body_html',
  'reply_to_message_id',
  'expect_reply',
  'until',
  'status',
  'recipients',
  'follow_ups',
  'last_follow_up_at',
  'last_error',
  'sent_at',
  'expires_at',
  'version',
  'created_at',
  'updated_at',
] as const;

export const columnList = (alias?: string): string =>
  columns.map((column) => (alias ? `${alias}.${column}` : column)).join(', ');

/** JSON built in SQL, with times in RFC 3339 and UTC by the schema's function `iso`. */
const members = (names: readonly string[], alias: string): string =>
  names.map((name) => `'${name}', ${name.endsWith('_at') ? `iso(${alias}.${name})` : `${alias}.${name}`}`).join(', ');

const messageColumns = ['id', 'message_id', 'number', 'status', 'deliveries', 'created_at'];
const messages = (alias: string): string =>
  `(select coalesce(json_agg(json_build_object(${members(messageColumns, 'm')}) order by m.number), '[]')
  from message m where m.customer_id = ${alias}.customer_id and m.email_id = ${alias}.id)`;

/** A `Row` as JSON. */
export const emailJson = (alias: string): string =>
  `json_build_object(${members(columns, alias)}, 'messages', ${messages(alias)})`;

const replyColumns = [
  'id',
  'message_id',
  'kind',
  'recipient',
  'from_address',
  'from_name',
  'received_at',
  'snippet',
  'parsed_response',
  'notified_at',
  'authentication',
  'reading',
  'noted',
];
/**
 * A `TrackedReply` as JSON. `text`: SQL that takes the place of the whole text, for statements whose caller does not
 * need it.
 */
export const replyJson = (alias: string, text = `${alias}.body_text`): string =>
  `json_build_object('tracking_id', ${alias}.email_id, 'body_text', ${text}, ${members(replyColumns, alias)})`;

/**
 * The current time: a virtual clock's, if the parameter is not null, else the database's at this moment (not at the
 * transaction's begin).
 */
export const now = (parameter: string): string => `coalesce(${parameter}::timestamptz, clock_timestamp())`;

/** `from` and `to` are keywords of SQL, so their columns have other names. */
export interface Row extends Omit<Email, 'from' | 'to' | 'cc' | 'bcc' | 'token'> {
  readonly from_address: string;
  readonly to_addresses: Email['to'];
  readonly cc_addresses: Email['cc'];
  readonly bcc_addresses: Email['bcc'];
  /** null in a tombstone. */
  readonly token: string | null;
}

export function stateOf(row: Row | null): State {
  if (row === null) return null;
  const { from_address, to_addresses, cc_addresses, bcc_addresses, token, ...same } = row;
  if (token !== null) {
    return { ...same, token, from: from_address, to: to_addresses, cc: cc_addresses, bcc: bcc_addresses };
  }
  const { id, customer_id, user_id, mission_id, created_at, version } = same;
  return { status: 'tombstone', id, customer_id, user_id, mission_id, created_at, version };
}

/** @throws Error for a tombstone: statements that list e-mails must leave it out. */
export function emailOf(row: Row): Email {
  const state = stateOf(row);
  if (state === null || state.status === 'tombstone')
    throw new Error(`e-mail ${row.id} is a tombstone, and was listed`);
  return state;
}

/** The columns of a tombstone that may not be null get neutral values. */
export function rowOf(state: Email | Tombstone): object {
  if (state.status === 'tombstone') {
    return {
      ...state,
      status: 'cancelled',
      expect_reply: false,
      until: 'all',
      recipients: [],
      follow_ups: 0,
      last_error: '',
      updated_at: state.created_at,
    };
  }
  const { from, to, cc, bcc, messages: _, ...same } = state;
  return { ...same, from_address: from, to_addresses: to, cc_addresses: cc, bcc_addresses: bcc };
}
