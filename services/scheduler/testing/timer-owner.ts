import type { EventEnvelope } from '@missions/contracts/event.ts';
import { timerOwnerSources } from '@missions/contracts/scheduler/former-timers.ts';
import {
  type PublishingTimerOwner,
  type TimerFired,
  timerCancelledSubject,
  timerSetSubject,
  timerSubject,
} from '@missions/contracts/scheduler/timers.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

const scope = { customer_id: 'acme', user_id: 'ann' };

interface Addressed {
  mission_id: string;
  [member: string]: unknown;
}

const envelope = (
  type: string,
  owner: PublishingTimerOwner,
  revision: number,
  data: Addressed,
): EventEnvelope<Addressed> => ({
  id: newId(),
  type,
  source: timerOwnerSources[owner],
  time: '2026-01-02T03:04:05.678Z',
  ...scope,
  mission_id: data.mission_id,
  version: revision,
  index: 0,
  data,
});

export interface TimerSetFields {
  owner?: PublishingTimerOwner;
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
}: TimerSetFields): EventEnvelope {
  return envelope(timerSetSubject(owner), owner, revision, {
    ...scope,
    mission_id,
    key,
    revision,
    fire_at: typeof fire_at === 'string' ? fire_at : fire_at.toISOString(),
    payload,
  });
}

export function timerCancelled({
  owner = 'mission',
  key,
  revision = 2,
}: {
  owner?: PublishingTimerOwner;
  key: string;
  revision?: number;
}): EventEnvelope {
  return envelope(timerCancelledSubject(owner), owner, revision, {
    ...scope,
    mission_id: `mission of ${key}`,
    key,
    revision,
  });
}

/** A service that sets timers and consumes their firings. */
export interface TimerOwnerClient {
  readonly bus: Bus;
  /** Firings in the order of delivery, including redeliveries. */
  readonly firings: EventEnvelope<TimerFired>[];
  set(fields: TimerSetFields): Promise<void>;
  cancel(fields: Parameters<typeof timerCancelled>[0]): Promise<void>;
  close(): Promise<void>;
}

export async function startTimerOwner(
  natsUrl: string,
  owner: PublishingTimerOwner = 'mission',
): Promise<TimerOwnerClient> {
  const bus = await connectBus({
    servers: natsUrl,
    name: owner,
    logger: createLogger({ service: owner, level: 'silent' }),
  });
  const firings: EventEnvelope<TimerFired>[] = [];
  const handleOne = async (event: EventEnvelope): Promise<void> =>
    void firings.push(event as unknown as EventEnvelope<TimerFired>);
  await bus.consume({
    setUp: makeConsumer,
    stream: 'SCHEDULER',
    service: owner,
    subjects: [timerSubject(owner)],
    handleOne,
  });
  return {
    bus,
    firings,
    set: async (fields) => void (await bus.publish(timerSet({ owner, ...fields }))),
    cancel: async (fields) => void (await bus.publish(timerCancelled({ owner, ...fields }))),
    close: () => bus.drain(),
  };
}
