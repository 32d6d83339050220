/** The columns of `input_request`, in one list: the statements are made from it, so that a new one is added here (and in a migration, and in the entity). */
export const columns = [
  'id',
  'customer_id',
  'user_id',
  'mission_id',
  'task_id',
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
] as const;

export const list = (alias?: string): string =>
  columns.map((column) => (alias ? `${alias}.${column}` : column)).join(', ');

/** A row as `rows.ts` reads it: JSON built in SQL, times as RFC 3339 in UTC by the schema's function `iso`. */
export const rowJson = (alias: string): string =>
  `json_build_object(${columns.map((column) => `'${column}', ${column.endsWith('_at') ? `iso(${alias}.${column})` : `${alias}.${column}`}`).join(', ')})`;

/** What time it is: that of a virtual clock, if one is handed in, else the database's at this moment (not at the transaction's begin). */
export const now = (parameter: string): string => `coalesce(${parameter}::timestamptz, clock_timestamp())`;
