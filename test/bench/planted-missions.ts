import { migrate } from '@missions/persistence/migrate.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { missionEntities } from '@missions/mission/store/entities.ts';
import { missionMigrations } from '@missions/mission/store/migrations.ts';
import { searchDocument } from '@missions/mission/store/search.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { Client } from 'pg';
import type { Bench } from './row.ts';

/** The mission service's schema, up to date, for statements that this process calls. */
export async function openMissions(bench: Bench, database: TestDatabase, poolSize: number): Promise<Database> {
  const logger = createLogger({ service: 'bench', level: 'error' });
  const db = await openDatabase({
    url: database.urlFor('mission'),
    schema: 'mission',
    entities: missionEntities,
    migrations: missionMigrations,
    logger,
    poolSize,
  });
  bench.after(() => db.close());
  await migrate(db);
  return db;
}

/**
 * Rows as the service writes them, straight into the table: a user's missions lie scattered among everybody's, as
 * time would have put them. Of each user's missions a third needs attention, a third each is planning, executing and
 * waiting, half have a due date, and each was changed last at another time than it was created.
 */
export async function plantMissions(
  database: TestDatabase,
  { users, ofEach }: { readonly users: number; readonly ofEach: number },
): Promise<void> {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    await client.query(
      `insert into mission.mission (id, customer_id, user_id, title, description, origin_conversation_id, status, phase, cancelled, priority, summary, details, blocked_by,
         can_run_autonomously, max_lifetime_hours, metadata, version, fence, last_sequence, task_counts, needs_attention, search, created_at, updated_at, due_at, return_phase)
       select gen_random_uuid(), 'acme', user_id, title, '', 'conversation-1', (array['active', 'active', 'waiting'])[1 + nth % 3], (array['planning', 'executing', 'waiting'])[1 + nth % 3], false,
         (array['low', 'normal', 'high', 'urgent'])[1 + nth % 4], '', '{}', '', false, 168, '{}', 1, 0, 1,
         '{"ready":0,"failed":0,"blocked":0,"pending":0,"skipped":0,"completed":0,"in_progress":0,"waiting_human":0,"waiting_external":0}', nth % 3 = 0,
         ${searchDocument('title', "'acme'", 'user_id')}, at, at + (nth::bigint * 7919 % 1000) * interval '1 hour',
         case when nth % 2 = 0 then at + (nth::bigint * 104729 % 1000) * interval '1 hour' end, case when nth % 3 = 2 then 'planning' end
       from (select 'user-' || i % ${users} as user_id, i / ${users} as nth,
                    'Meeting ' || i || ' about the budget with word' || (i / ${users}) % 50 as title,
                    timestamptz '2026-01-01' + i * interval '10 seconds' as at
               from generate_series(1, ${users * ofEach}) as i) planted`,
    );
    await client.query('vacuum (analyze) mission.mission');
  } finally {
    await client.end();
  }
}
