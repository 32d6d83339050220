import { inboxNotification } from '@missions/contracts/mission/inbox.ts';
import type { StreamEntry } from '@missions/contracts/mission/representation.ts';
import { changedMissions, newHistory, recentHistory } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/**
 * The live events of one user's missions (specification section 5, `/api/v1/stream`).
 *
 *     opens: all entries since a time ──▶ hint: the new entries of that mission ──▶ …
 *                                    └──▶ now and then: which missions have changed, in case a hint was lost
 *
 * A mission's entries have sequences without gaps, in the order of its commits. So the newest one that was sent says
 * what is new: a stream costs by that, not by what was read before.
 */
export interface UserStreamOptions {
  readonly bus: Pick<Bus, 'request' | 'onNotification' | 'flush'>;
  readonly caller: Caller & { readonly user_id: string };
  readonly logger: Logger;
  /** Sends entries from here on; the client knows earlier ones. */
  readonly since: Date;
  readonly send: (entry: StreamEntry) => void;
  /** Items of the inbox were seen or snoozed; a hint that may be lost. */
  readonly sendInboxHint: () => void;
  /** How often it asks which missions have changed. */
  readonly sweepMs?: number;
}

export interface UserStream {
  stop(): void;
}

/** What is to be read of a mission: entries after a sequence, and since a time if none of it was sent yet. */
interface Wanted {
  readonly after: number;
  readonly since?: string;
}

/** How far back a sweep looks: no transaction takes longer, be it of a process that was stopped for a while. */
const LATEST_MS = 60_000;
const PAGE = 500;
const MISSIONS_AT_ONCE = 100;
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

export async function startUserStream(options: UserStreamOptions): Promise<UserStream> {
  const stream = new OpenStream(options);
  const unsubscribe = options.bus.onNotification(options.caller.customer_id, options.caller.user_id, (hint) =>
    stream.hear(hint),
  );
  const sweep = setInterval(() => stream.sweep(), options.sweepMs ?? SWEEP_MS);
  // Subscribes before the first reading; otherwise a change in between would show only with the next sweep.
  await options.bus.flush().catch(() => {});
  stream.open();
  return {
    stop() {
      stream.stop();
      clearInterval(sweep);
      unsubscribe();
    },
  };
}

class OpenStream {
  readonly #options: UserStreamOptions;
  /** Of each mission, the sequence of the newest entry that was sent. */
  readonly #sent = new Map<string, number>();
  readonly #wanted = new Map<string, Wanted>();
  /** The first reading goes on here, by time and id; undefined once it has reached the present. */
  #opening: { since: string; after?: string } | undefined;
  #sweepFrom: string;
  #isSweepDue = false;
  #reading = false;
  #again = false;
  #stopped = false;

  constructor(options: UserStreamOptions) {
    this.#options = options;
    this.#opening = { since: options.since.toISOString() };
    this.#sweepFrom = back(options.since, LATEST_MS);
  }

  open(): void {
    void this.#pump();
  }

  stop(): void {
    this.#stopped = true;
  }

  sweep(): void {
    this.#isSweepDue = true;
    void this.#pump();
  }

  /** A notification of the mission service, or of another, which tells nothing here. */
  hear(hint: unknown): void {
    const { type, mission_id: id, after } = (hint ?? {}) as { type?: unknown; mission_id?: unknown; after?: unknown };
    if (type === inboxNotification.type && !this.#stopped) this.#options.sendInboxHint();
    if (typeof id !== 'string') return;
    // A mission service of the version before does not say what is new.
    if (typeof after === 'number') this.#want(id, after);
    else this.#isSweepDue = true;
    void this.#pump();
  }

  #want(id: string, after: number): void {
    const sent = this.#sent.get(id);
    const earlier = this.#wanted.get(id);
    // Always a new value: a reading that is under way may have begun before this.
    if (sent !== undefined) this.#wanted.set(id, { after: sent });
    else
      this.#wanted.set(id, {
        after: Math.min(after, earlier?.after ?? after),
        since: this.#options.since.toISOString(),
      });
  }

  /** One reading at a time; what is told during a reading is read right after it. */
  async #pump(): Promise<void> {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#read();
      }
    } catch (error) {
      const message = 'reading the history for a stream failed; the next notification or sweep tries again';
      this.#options.logger.warn({ err: error }, message);
    } finally {
      this.#reading = false;
    }
  }

  async #read(): Promise<void> {
    while (this.#opening && !this.#stopped) this.#opening = await this.#readSince(this.#opening);
    if (this.#isSweepDue) await this.#findChanged();
    while (this.#wanted.size > 0 && !this.#stopped) await this.#readNew();
  }

  /** @returns where the next page begins; undefined after the last. */
  async #readSince(from: { since: string; after?: string }): Promise<{ since: string; after: string } | undefined> {
    const { bus, caller } = this.#options;
    const reply = await bus.request(recentHistory, { caller, input: { ...from, limit: PAGE } });
    const { events, truncated } = reply.json<{ events: StreamEntry[]; truncated: boolean }>();
    for (const entry of events.toSorted(byTime)) this.#send(entry);
    const last = events.at(-1);
    return truncated && last ? { since: last.created_at, after: last.id } : undefined;
  }

  async #findChanged(): Promise<void> {
    const { bus, caller } = this.#options;
    const reply = await bus.request(changedMissions, { caller, input: { since: this.#sweepFrom } });
    const { missions, now } = reply.json<{ missions: { id: string; last_sequence: number }[]; now: string }>();
    for (const { id, last_sequence } of missions)
      if (last_sequence > (this.#sent.get(id) ?? -1)) this.#want(id, last_sequence);
    this.#sweepFrom = back(new Date(now), LATEST_MS);
    this.#isSweepDue = false;
  }

  async #readNew(): Promise<void> {
    const { bus, caller } = this.#options;
    const taken = [...this.#wanted].slice(0, MISSIONS_AT_ONCE);
    // What was sent since somebody wanted it is not read again: a busy user is told of more during every reading.
    const missions = taken.map(([id, wanted]) => {
      const after = this.#sent.get(id);
      return after === undefined ? { id, ...wanted } : { id, after };
    });
    const reply = await bus.request(newHistory, { caller, input: { missions, limit: PAGE } });
    const { events, truncated } = reply.json<{ events: StreamEntry[]; truncated: boolean }>();
    for (const entry of events.toSorted(byTime))
      if (entry.sequence > (this.#sent.get(entry.mission_id) ?? 0)) this.#send(entry);
    for (const [id, wanted] of taken) {
      // Told again meanwhile, and possibly of more than was read.
      const isSame = this.#wanted.get(id) === wanted;
      if (truncated) this.#want(id, wanted.after);
      else if (isSame) {
        this.#wanted.delete(id);
        if (!this.#sent.has(id)) this.#sent.set(id, wanted.after);
      }
    }
  }

  #send(entry: StreamEntry): void {
    if (this.#stopped) return;
    const { mission_id: id, sequence } = entry;
    this.#sent.set(id, Math.max(sequence, this.#sent.get(id) ?? 0));
    this.#options.send(entry);
  }
}

const back = (time: Date, ms: number): string => new Date(time.getTime() - ms).toISOString();

/** Entries of one mission in the order of its history, also where two copies of the service wrote them at one time. */
const byTime = (one: StreamEntry, other: StreamEntry): number =>
  compare(one.created_at, other.created_at) ||
  compare(one.mission_id, other.mission_id) ||
  one.sequence - other.sequence;
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
