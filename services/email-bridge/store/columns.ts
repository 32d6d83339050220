/** The columns of `email`, in one list: the statements are made from it, so that a new one is added here (and in a migration, the entity and `rows.ts`). */
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

const json = (names: readonly string[], alias: string): string =>
  names.map((name) => `'${name}', ${name.endsWith('_at') ? `iso(${alias}.${name})` : `${alias}.${name}`}`).join(', ');

export const list = (alias?: string): string =>
  columns.map((column) => (alias ? `${alias}.${column}` : column)).join(', ');

const messages = (
  alias: string,
): string => `(select coalesce(json_agg(json_build_object(${json(['id', 'message_id', 'number', 'status', 'deliveries', 'created_at'], 'm')}) order by m.number), '[]')
  from message m where m.customer_id = ${alias}.customer_id and m.email_id = ${alias}.id)`;

/** A row as `rows.ts` reads it: JSON built in SQL, times as RFC 3339 in UTC by the schema's function `iso`. */
export const emailJson = (alias: string): string =>
  `json_build_object(${json(columns, alias)}, 'messages', ${messages(alias)})`;

const replyColumns = [
  'id',
  'message_id',
  'kind',
  'from_address',
  'from_name',
  'received_at',
  'snippet',
  'parsed_response',
  'notified_at',
];
/** `text`: SQL of what stands for the whole text, where that is not asked for. */
export const replyJson = (alias: string, text = `${alias}.body_text`): string =>
  `json_build_object('tracking_id', ${alias}.email_id, 'body_text', ${text}, ${json(replyColumns, alias)})`;

/** What time it is: that of a virtual clock, if one is handed in, else the database's at this moment (not at the transaction's begin). */
export const now = (parameter: string): string => `coalesce(${parameter}::timestamptz, clock_timestamp())`;
