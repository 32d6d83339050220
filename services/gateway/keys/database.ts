import { requireAuditRecord } from '@missions/persistence/audit/record.ts';
import { type Database, openDatabase } from '@missions/persistence/database.ts';
import { startDatabaseClock } from '@missions/persistence/database-clock.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import type { ServiceLifecycle } from '@missions/runtime/lifecycle.ts';
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
  await requireAuditRecord(db);
  return db;
}

/** Without a database the gateway knows no agent's key, and has only the clock of its host. */
export async function openKeys(
  url: string | undefined,
  { logger, health, onStop }: Pick<ServiceLifecycle, 'logger' | 'health' | 'onStop'>,
): Promise<{ keys: Database | undefined; clock: Clock }> {
  if (url === undefined) return { keys: undefined, clock: systemClock };
  const keys = await openKeyDatabase(url, logger);
  onStop('database', () => keys.close());
  health.add('database', () => keys.check());
  const clock = await startDatabaseClock(keys, { logger });
  onStop('clock', () => clock.stop());
  return { keys, clock };
}
