import type { EventEnvelope } from '@missions/contracts/event.ts';
import {
  type TimerFired,
  type TimerOwner,
  timerCancelledSubject,
  timerSetSubject,
  timerSubject,
} from '@missions/contracts/scheduler/timers.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { Health } from '@missions/runtime/health.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { schedulerConfig } from '../config.ts';
import { startScheduler } from '../service.ts';

export interface Running {
  readonly health: Health;
  stop(): Promise<void>;
}

/** The very service that is deployed, in this process. */
export async function runScheduler({
  databaseUrl,
  natsUrl,
  clock,
  env = {},
}: {
  databaseUrl: string;
  natsUrl: string;
  clock?: Clock;
  env?: Record<string, string>;
}): Promise<Running> {
  const steps: (() => Promise<void> | void)[] = [];
  const stopping = new AbortController();
  const health = new Health();
  const life = {
    logger: createLogger({ service: 'scheduler', level: 'silent' }),
    health,
    stopping: stopping.signal,
    onStop: (_label: string, stop: () => Promise<void> | void) => void steps.push(stop),
  };
  const config = schedulerConfig({
    DATABASE_URL: databaseUrl,
    NATS_URL: natsUrl,
    HEALTH_PORT: '0',
    LOG_LEVEL: 'silent',
    ...env,
  });
  const stop = async (): Promise<void> => {
    stopping.abort();
    for (const step of steps.toReversed()) await step();
  };
  try {
    await startScheduler(life, config, clock ? { clock } : {});
  } catch (error) {
    await stop();
    throw error;
  }
  return { health, stop };
}

const scope = { customer_id: 'acme', user_id: 'ann' };

const envelope = (type: string, revision: number, data: { mission_id: string }): EventEnvelope => ({
  id: newId(),
  type,
  source: '/services/mission',
  time: '2026-01-02T03:04:05.678Z',
  ...scope,
  mission_id: data.mission_id,
  version: revision,
  index: 0,
  data,
});

export interface SetFields {
  owner?: TimerOwner;
  key: string;
  revision?: number;
  fire_at: Date | string;
  payload?: Record<string, unknown>;
  mission_id?: string;
}

export function timerSet({
  owner = 'mission',
  key,
  revision = 1,
  fire_at,
  payload = {},
  mission_id = `mission of ${key}`,
}: SetFields): EventEnvelope {
  return envelope(timerSetSubject, revision, {
    ...scope,
    mission_id,
    owner,
    key,
    revision,
    fire_at: typeof fire_at === 'string' ? fire_at : fire_at.toISOString(),
    payload,
  } as { mission_id: string });
}

export function timerCancelled({
  owner = 'mission',
  key,
  revision = 2,
}: {
  owner?: TimerOwner;
  key: string;
  revision?: number;
}): EventEnvelope {
  return envelope(timerCancelledSubject, revision, {
    ...scope,
    mission_id: `mission of ${key}`,
    owner,
    key,
    revision,
  } as { mission_id: string });
}

/** A service that sets timers and hears its own. */
export interface Owner {
  readonly bus: Bus;
  /** As delivered, repetitions included. */
  readonly heard: EventEnvelope<TimerFired>[];
  set(fields: SetFields): Promise<void>;
  cancel(fields: Parameters<typeof timerCancelled>[0]): Promise<void>;
  close(): Promise<void>;
}

export async function startOwner(natsUrl: string, owner: TimerOwner = 'mission'): Promise<Owner> {
  const bus = await connectBus({
    servers: natsUrl,
    name: owner,
    logger: createLogger({ service: owner, level: 'silent' }),
  });
  const heard: EventEnvelope<TimerFired>[] = [];
  const handleOne = async (event: EventEnvelope): Promise<void> =>
    void heard.push(event as unknown as EventEnvelope<TimerFired>);
  await bus.consume({ stream: 'SCHEDULER', service: owner, subjects: [timerSubject(owner)], handleOne });
  return {
    bus,
    heard,
    set: async (fields) => void (await bus.publish(timerSet({ owner, ...fields }))),
    cancel: async (fields) => void (await bus.publish(timerCancelled({ owner, ...fields }))),
    close: () => bus.drain(),
  };
}
