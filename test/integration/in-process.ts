import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { approval } from '@missions/approval/service.ts';
import { emailBridge } from '@missions/email-bridge/service.ts';
import { mission } from '@missions/mission/service.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { Health } from '@missions/runtime/health.ts';
import type { ServiceLifecycle } from '@missions/runtime/lifecycle.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { notifier } from '@missions/notifier/service.ts';
import { scheduler } from '@missions/scheduler/service.ts';
import { startService } from '@missions/service-kit/service.ts';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import type { DeployedServers } from '@missions/test-support/deployed-servers.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';

/**
 * Starts the deployed services in this process, because a virtual clock cannot be shared between processes. Returns a
 * function that stops them.
 */
export async function startInProcess({
  servers,
  database,
  clock,
  folder,
}: {
  servers: DeployedServers;
  database: TestDatabase;
  clock: Clock;
  /** Mail is written into its `outbox`. */
  folder?: string;
}): Promise<() => Promise<void>> {
  const steps: (() => Promise<void> | void)[] = [];
  const stopping = new AbortController();
  const life = (name: string): ServiceLifecycle => ({
    logger: createLogger({ service: name, level: 'error' }),
    health: new Health(),
    stopping: stopping.signal,
    onStop: (_label, stop) => void steps.push(stop),
  });
  const env = (name: string) => ({
    DATABASE_URL: database.urlFor(name.replaceAll('-', '_')),
    NATS_URL: servers.natsUrlFor(name),
    ...callerKeyEnv(name),
    HEALTH_PORT: '0',
    LOG_LEVEL: 'error',
  });
  const stop = async (): Promise<void> => {
    stopping.abort();
    for (const step of steps.toReversed()) await step();
  };
  try {
    await startService(mission, life('mission'), mission.config(env('mission')), { clock });
    await startService(approval, life('approval'), approval.config(env('approval')), { clock });
    const outbox = folder ?? mkdtempSync(join(tmpdir(), 'missions-mail-'));
    if (folder === undefined) steps.push(() => rmSync(outbox, { recursive: true, force: true }));
    const bridgeEnv = {
      ...env('email-bridge'),
      DATA_DIR: outbox,
      INBOUND_SMTP_PORT: '0',
      INBOUND_SMTP_CONNECTIONS_PER_ADDRESS: '100',
    };
    await startService(emailBridge, life('email-bridge'), emailBridge.config(bridgeEnv), { clock });
    await startService(notifier, life('notifier'), notifier.config(env('notifier')), { clock });
    await startService(scheduler, life('scheduler'), scheduler.config(env('scheduler')), { clock });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
