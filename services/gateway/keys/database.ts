import { requireAuditRecord } from '@missions/persistence/audit/record.ts';
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  whileDatabaseAway,
} from '@missions/persistence/database.ts';
import { startDatabaseClock } from '@missions/persistence/database-clock.ts';
import { ClosedOwnerEntity } from '@missions/persistence/holdings/closed-owners.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import type { ServiceLifecycle } from '@missions/runtime/lifecycle.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { SignInCode, UserProfile, UserSession } from '../sessions/entities.ts';
import { CreateSessions } from '../sessions/migrations/2026-11-29-sessions.ts';
import { MarkOperators } from '../sessions/migrations/2026-12-03-operators.ts';
import { CloseOwners } from '../sessions/migrations/2026-12-12-closed-owners.ts';
import type { GatewayConfig } from '../config.ts';
import { AgentKey } from './entity.ts';
import { CreateAgentKeys } from './migrations/2026-11-22-agent-keys.ts';
import { NarrowAgentKeys } from './migrations/2026-12-13-key-scopes.ts';

/** The gateway's few small tables (agents' keys, users' sessions), in its own schema and under its own role. */
export async function openKeyDatabase(
  url: string,
  logger: Logger,
  more: Pick<DatabaseOptions, 'waitMs' | 'signal' | 'directUrl' | 'pooled' | 'poolSize' | 'statementTimeoutMs'> = {},
): Promise<Database> {
  const db = await openDatabase({
    url,
    schema: 'gateway',
    entities: [AgentKey, UserSession, SignInCode, UserProfile, ClosedOwnerEntity],
    migrations: [CreateAgentKeys, CreateSessions, MarkOperators, NarrowAgentKeys, CloseOwners],
    poolSize: 5,
    logger,
    ...more,
  });
  const prepare = async (): Promise<void> => {
    await migrate(db);
    await requireAuditRecord(db);
  };
  await whileDatabaseAway(prepare, { logger, signal: more.signal });
  return db;
}

type GatewayDatabase = Pick<GatewayConfig, 'databaseUrl' | 'directUrl' | 'pooler' | 'poolSize' | 'statementTimeoutMs'>;

/** Without a database the gateway knows no agent's key, and has only the clock of its host. */
export async function openKeys(
  { databaseUrl: url, directUrl, pooler, poolSize, statementTimeoutMs }: GatewayDatabase,
  { logger, health, stopping, onStop }: Pick<ServiceLifecycle, 'logger' | 'health' | 'stopping' | 'onStop'>,
): Promise<{ keys: Database | undefined; clock: Clock }> {
  if (url === undefined) return { keys: undefined, clock: systemClock };
  health.awaiting('database', 'the database');
  const keys = await openKeyDatabase(url, logger, {
    directUrl,
    pooled: pooler === 'transaction',
    poolSize,
    statementTimeoutMs,
    waitMs: Number.POSITIVE_INFINITY,
    signal: stopping,
  });
  onStop('database', () => keys.close());
  health.add('database', () => keys.check());
  const clock = await whileDatabaseAway(() => startDatabaseClock(keys, { logger }), { logger, signal: stopping });
  onStop('clock', () => clock.stop());
  return { keys, clock };
}
