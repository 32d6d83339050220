import type { MissionEvent } from '@missions/contracts/mission/representation.ts';
import { recentHistory } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/**
 * The live events of one user's missions (specification section 5, `/api/v1/stream`).
 * A notification says that something changed, and the change itself is read from the history. Notifications may be
 * lost, and entries may become visible a little after their time, because their transaction was still open. So each
 * reading goes back a while and leaves out the entries that were sent already.
 */
export interface UserStreamOptions {
  readonly bus: Pick<Bus, 'request' | 'onNotification' | 'flush'>;
  readonly caller: Caller & { readonly user_id: string };
  readonly logger: Logger;
  /** Sends entries from here on; the client knows earlier ones. */
  readonly since: Date;
  readonly send: (event: MissionEvent) => void;
  /** Reads also without a notification, in case one was lost, or an entry became visible long after its time. */
  readonly sweepMs?: number;
}

export interface UserStream {
  stop(): void;
}

/** An entry's time and id; without the id, before all entries of that time. */
type Position = { readonly since: string; readonly after?: string };

const OVERLAP_MS = 10_000;
/**
 * How far back a sweep reads: no transaction takes longer, be it of a process that was stopped for a while, or far from
 * its database. To read so much after each notification would cost a busy user's stream too much.
 */
const LATEST_MS = 60_000;
const PAGE = 500;
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

export async function startUserStream({
  bus,
  caller,
  logger,
  since,
  send,
  sweepMs = SWEEP_MS,
}: UserStreamOptions): Promise<UserStream> {
  /** The ids that were sent, with their times, as far back as a reading may go. */
  const sent = new Map<string, number>();
  let newest = since.getTime();
  let reading = false;
  let again = false;
  let isSweepDue = false;
  let stopped = false;

  /** @returns where the next page begins; undefined after the last. */
  const readPage = async (from: Position): Promise<Position | undefined> => {
    const reply = await bus.request(recentHistory, { caller, input: { ...from, limit: PAGE } });
    const { events, truncated } = reply.json<{ events: MissionEvent[]; truncated: boolean }>();
    for (const event of events.toSorted(byMission)) {
      const at = Date.parse(event.created_at);
      if (stopped || sent.has(event.id)) continue;
      sent.set(event.id, at);
      newest = Math.max(newest, at);
      send(event);
    }
    const last = events.at(-1);
    return truncated && last ? { since: last.created_at, after: last.id } : undefined;
  };

  const read = async (): Promise<void> => {
    const isSweep = isSweepDue;
    const from = new Date(Math.max(newest - (isSweep ? LATEST_MS : OVERLAP_MS), since.getTime()));
    let next: Position | undefined = { since: from.toISOString() };
    while (next && !stopped) next = await readPage(next);
    if (isSweep) isSweepDue = false;
    for (const [id, at] of sent) if (at < newest - LATEST_MS) sent.delete(id);
  };

  /** One reading at a time; a notification during a reading causes one more. */
  const pump = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    try {
      do {
        again = false;
        await read();
      } while (again && !stopped);
    } catch (error) {
      logger.warn(
        { err: error },
        'reading the history for a stream failed; the next notification or sweep tries again',
      );
    } finally {
      reading = false;
    }
  };

  const unsubscribe = bus.onNotification(caller.customer_id, caller.user_id, () => void pump());
  const sweep = setInterval(() => {
    isSweepDue = true;
    void pump();
  }, sweepMs);
  // Subscribes before the first reading; otherwise a change in between would show only with the next notification.
  await bus.flush().catch(() => {});
  void pump();

  return {
    stop() {
      stopped = true;
      clearInterval(sweep);
      unsubscribe();
    },
  };
}

/** Entries of one mission in the order of its history, also where two copies of the service wrote them at one time. */
const byMission = (one: MissionEvent, other: MissionEvent): number =>
  compare(one.created_at, other.created_at) ||
  compare(one.mission_id, other.mission_id) ||
  one.sequence - other.sequence;
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
