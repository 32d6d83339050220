import { recentHistory } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { OpenStream, type UserStreamOptions } from './open-stream.ts';
import { UserReader } from './user-reader.ts';

/**
 * The live events of users' missions (specification section 5, `/api/v1/stream`). A mission's entries have sequences
 * without gaps, in the order of its commits. So the newest one that was sent says what is new: a stream costs by that,
 * not by what was read before, and all streams of a user cost one reading of it, whatever credentials they were opened
 * with: each ends with its own.
 */
export interface UserStreams {
  open(options: UserStreamOptions): Promise<UserStream>;
}

export interface UserStream {
  stop(): void;
}

export interface UserStreamsOptions {
  readonly bus: Pick<Bus, 'request' | 'onNotification' | 'flush'>;
  readonly logger: Logger;
  /** How often it asks which missions have changed. */
  readonly sweepMs?: number;
}

const SWEEP_MS = 15_000;

/**
 * The present by the clock that history entries have. While the mission service cannot be asked, by the gateway's own
 * database: a stream opens nevertheless, and shows what comes when the service is back. Not by this host, whose clock
 * may be minutes ahead: the stream would leave out what happens in these minutes.
 */
export async function presentTime(bus: Pick<Bus, 'request'>, caller: Caller, clock: Pick<Clock, 'now'>): Promise<Date> {
  try {
    const reply = await bus.request(recentHistory, { caller, input: { limit: 1 } });
    return new Date(reply.json<{ now: string }>().now);
  } catch {
    return clock.now();
  }
}

export function userStreams({ bus, logger, sweepMs = SWEEP_MS }: UserStreamsOptions): UserStreams {
  const readers = new Map<string, Started>();

  const start = (user: string, { customer_id, user_id }: UserStreamOptions['caller']): Started => {
    const reader = new UserReader(bus, logger);
    const unsubscribe = bus.onNotification(customer_id, user_id, (hint) => reader.hear(hint));
    const sweep = setInterval(() => reader.sweep(), sweepMs);
    const end = (): void => {
      readers.delete(user);
      clearInterval(sweep);
      unsubscribe();
    };
    const started = { reader, end };
    readers.set(user, started);
    return started;
  };

  return {
    async open(options) {
      const { customer_id, user_id } = options.caller;
      const user = JSON.stringify([customer_id, user_id]);
      const { reader, end } = readers.get(user) ?? start(user, options.caller);
      const stream = new OpenStream(options);
      reader.add(stream);
      // Subscribes before the first reading; otherwise a change in between would show only with the next sweep.
      await bus.flush().catch(() => {});
      void reader.catchUp(stream);
      let stopped = false;
      return {
        stop() {
          if (!stopped && reader.remove(stream)) end();
          stopped = true;
        },
      };
    },
  };
}

interface Started {
  readonly reader: UserReader;
  /** Its last stream was closed. */
  end(): void;
}
