import pg from 'pg';

type Values = Readonly<Record<string, unknown>>;

const ofType: Readonly<Record<string, unknown>> = {
  uuid: () => crypto.randomUUID(),
  integer: 1,
  bigint: 1,
  numeric: 0,
  'double precision': 1,
  boolean: false,
  json: '{}',
  jsonb: '{}',
  date: '2026-01-01',
  text: () => `planted ${crypto.randomUUID()}`,
  'timestamp with time zone': '2026-01-01T00:00:00Z',
};

/** What a row of that table needs beside values of the right types. */
const needs: Readonly<Record<string, Values>> = {
  'approval.input_request': { status: 'cancelled', urgency: 'normal', options: '[]' },
  'email_bridge.email': { status: 'cancelled', token: null, until: 'all', recipients: '[]', expect_reply: false },
  'email_bridge.notice': { status: 'sent' },
  'mission.inbox_item': { kind: 'question' },
  'notifier.notice': { status: 'sent', channel: 'mail', items: '[]' },
  'notifier.webhook': { status: 'paused', types: '[]' },
  'notifier.webhook_delivery': { status: 'delivered' },
  'scheduler.kill_switch': { scope: 'user', id: 'planted' },
  'scheduler.run': { status: 'succeeded', finished_at: '2026-01-01T00:00:00Z', reason: 'created' },
  'scheduler.timer': {
    owner: 'approval',
    fire_at: '2030-01-01T00:00:00Z',
    key: () => `planted ${crypto.randomUUID()}`,
  },
};
/** In each schema. What is to be published under such a name would end every connection of its service to NATS. */
const needsAnywhere: Readonly<Record<string, Values>> = {
  outbox: { type: 'planted', published_at: '2026-01-01T00:00:00Z' },
};
/** Made by the product alone. */
const notPlanted = ['mission.mission', 'scheduler.watched_mission'];

/** Runs `act` as the administrator of the database. */
export async function asAdministrator<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

/**
 * Puts a row of the user into every table of every schema that has the column `user_id`, and one of the customer into those
 * that have only `customer_id`, whatever tables there are: a table that is new to the erasure is planted, too. Rows that
 * hang on another one by a foreign key go with it. @returns the names of the tables with the user
 */
export const plantRows = (url: string, owner: { customer_id: string; user_id: string; mission_id: string }) =>
  asAdministrator(url, async (client) => {
    const { rows } = await client.query<{ name: string; column: string; type: string; required: boolean }>(
      `select table_schema || '.' || table_name as name, column_name as column, data_type as type,
              is_nullable = 'NO' and column_default is null and is_generated = 'NEVER' as required
         from information_schema.columns c
        where table_schema not in ('pg_catalog', 'information_schema') and table_name <> 'audit_entries'
          and (exists (select from information_schema.columns o where o.table_schema = c.table_schema
                          and o.table_name = c.table_name and o.column_name = 'user_id')
            or exists (select from information_schema.columns o where o.table_schema = c.table_schema
                          and o.table_name = c.table_name and o.column_name = 'customer_id')
               and not exists (select from information_schema.table_constraints k where k.table_schema = c.table_schema
                          and k.table_name = c.table_name and k.constraint_type = 'FOREIGN KEY'))`,
    );
    const tables = Map.groupBy(rows, ({ name }) => name);
    for (const [name, columns] of tables) {
      if (notPlanted.includes(name)) continue;
      const values: [string, unknown][] = columns.flatMap(({ column, type, required }) => {
        const given: Values = { ...needsAnywhere[name.split('.')[1] ?? ''], ...needs[name], ...owner };
        if (column in given) return [[column, valueOf(given[column])]];
        return required ? [[column, valueOf(ofType[type])]] : [];
      });
      const list = values.map(([column]) => `"${column}"`).join();
      const parameters = values.map((_, n) => `$${n + 1}`).join();
      await client.query(`set search_path to ${name.split('.')[0]}`);
      await client
        .query(
          `insert into ${name} (${list}) values (${parameters}) on conflict do nothing`,
          values.map(([, value]) => value),
        )
        .catch((error: unknown) => {
          throw new Error(`no row could be planted in ${name}; say in test/e2e/held-rows.ts what it needs`, {
            cause: error,
          });
        });
    }
    return [...tables]
      .filter(([, columns]) => columns.some(({ column }) => column === 'user_id'))
      .map(([name]) => name);
  });

const valueOf = (value: unknown): unknown => (typeof value === 'function' ? (value as () => unknown)() : value);
