import type { EventEnvelope } from '@missions/contracts/event.ts';
import { streams } from '@missions/contracts/subjects.ts';
import { addressed, connectBus, type NatsAddress } from '@missions/messaging/connect.ts';
import type { SubjectMessage } from '@missions/messaging/notifications.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';

export interface Listener {
  /** Events that a durable consumer received, in order, from the beginning of the stream. */
  readonly consumed: EventEnvelope[];
  /** Messages that passed on the wire since the listener was opened, with their headers. */
  readonly passed: SubjectMessage[];
  /** Resolves when `passed` contains all that the server has sent so far. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

let made = 0;

/** A live consumer of the mission service's events. */
export async function listen(natsUrlFor: (user: string) => NatsAddress): Promise<Listener> {
  const bus = await connectBus({
    ...addressed(natsUrlFor(OBSERVER)),
    name: 'listener',
    logger: createLogger({ service: 'listener', level: 'silent' }),
  });
  const consumed: EventEnvelope[] = [];
  const passed: SubjectMessage[] = [];
  const stops = streams.MISSION.subjects.map((subject) => bus.subscribe(subject, (message) => passed.push(message)));
  await bus.consume({
    setUp: makeConsumer,
    stream: 'MISSION',
    service: OBSERVER,
    durable: `${OBSERVER}-${process.pid}-${++made}`,
    handleOne: async (event) => void consumed.push(event),
    handleBatch: async (events) => void consumed.push(...events),
  });
  await bus.flush();
  return {
    consumed,
    passed,
    // The server confirms a flush after everything that it sent before.
    caughtUp: () => bus.flush(),
    close: async () => {
      for (const stop of stops) stop();
      await bus.drain();
    },
  };
}
