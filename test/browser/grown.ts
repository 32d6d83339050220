import { Client } from 'pg';
import type { SharedProduct } from '@missions/test-support/shared-product.ts';
import type { Planted } from './planted.ts';

/** How large a mission and an inbox become in years: by rows where calls would take minutes. */
export const TASKS = 1_000;
export const ENTRIES = 20_000;
export const ITEMS = 1_000;

const ADD_ENTRIES = `with planted as (
    insert into mission.mission_event (mission_id, sequence, customer_id, id, event_type, conversation_id, title, content, metadata, created_at)
    select id, last_sequence + n, customer_id, gen_random_uuid(), 'note', '', 'Entry ' || n, '', '{}', now()
      from mission.mission, generate_series(1, $2::int) n where id = $1)
  update mission.mission set last_sequence = last_sequence + $2::int where id = $1`;

const ADD_ITEMS = `insert into mission.inbox_item (mission_id, key, customer_id, user_id, kind, task_id, request_id, summary, since, until, agent_id, urgency, revision)
  select mission_id, 'question:' || id, customer_id, user_id, kind, task_id, id, 'Question ' || n || '?',
         since + n * interval '1 ms', until, agent_id, urgency, revision
    from (select inbox_item.*, n, gen_random_uuid() as id
            from mission.inbox_item, generate_series(1, $2::int) n where mission_id = $1) asked`;

/** A mission with a plan of `TASKS` and a history of `ENTRIES`. @returns its id. */
export async function grownMission(product: SharedProduct, planted: Planted): Promise<string> {
  const { id } = await planted.large(TASKS, { layer: 200 });
  await execute(product, ADD_ENTRIES, [id, ENTRIES]);
  return id;
}

/** An inbox of `ITEMS` questions, the first of which can be opened. @returns the mission that asks them. */
export async function grownInbox(product: SharedProduct, planted: Planted): Promise<string> {
  const { id } = await planted.mission({ title: 'Asks a lot' });
  await planted.ask(id, { prompt: 'Question 0?' });
  await execute(product, ADD_ITEMS, [id, ITEMS - 1]);
  return id;
}

async function execute({ database }: SharedProduct, sql: string, values: unknown[]): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    await client.query(sql, values);
  } finally {
    await client.end();
  }
}
