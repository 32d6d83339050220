import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { AgentKey } from './entity.ts';
import { CreateAgentKeys } from './migrations/2026-11-22-agent-keys.ts';

/** The gateway's one small table, in its own schema and under its own role. */
export async function openKeyDatabase(url: string, logger: Logger): Promise<Database> {
  const db = await openDatabase({
    url,
    schema: 'gateway',
    entities: [AgentKey],
    migrations: [CreateAgentKeys],
    poolSize: 5,
    logger,
  });
  await migrate(db);
  return db;
}
