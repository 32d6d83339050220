import { inboxNotification } from '@missions/contracts/mission/inbox.ts';
import type { StreamEntry } from '@missions/contracts/mission/representation.ts';
import { changedMissions, newHistory } from '@missions/contracts/mission/requests.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { byTime, type OpenStream } from './open-stream.ts';

/** What is to be read of a mission: the entries behind a sequence. */
interface Wanted {
  readonly after: number;
}

/** How far back a sweep looks: no transaction takes longer, be it of a process that was stopped for a while. */
const LATEST_MS = 60_000;
const PAGE = 500;
const MISSIONS_AT_ONCE = 100;

/**
 * Reads once what is new for all streams of one user.
 *
 *     a stream joins: reads by itself what it has missed ──▶ hint: the new entries of that mission, for all ──▶ …
 *                                                       └──▶ now and then: which missions have changed, in case a
 *                                                            hint was lost
 *
 * It keeps no place of its own: of a mission it reads what any of its streams has not sent, and each takes what is new
 * to it. What was told to a stream that reads by itself is read again once it has joined.
 */
export class UserReader {
  readonly #bus: Pick<Bus, 'request'>;
  readonly #logger: Logger;
  readonly #joining = new Set<OpenStream>();
  readonly #joined = new Set<OpenStream>();
  readonly #wanted = new Map<string, Wanted>();
  /** Undefined before a stream has joined. */
  #sweepFrom: string | undefined;
  #isSweepDue = false;
  #reading = false;
  #again = false;

  constructor(bus: Pick<Bus, 'request'>, logger: Logger) {
    this.#bus = bus;
    this.#logger = logger;
  }

  /** From now on the stream is told what is new; `catchUp` makes it read. */
  add(stream: OpenStream): void {
    this.#joining.add(stream);
  }

  /** @returns whether it was the last one. */
  remove(stream: OpenStream): boolean {
    stream.stop();
    this.#joining.delete(stream);
    this.#joined.delete(stream);
    return this.#joining.size + this.#joined.size === 0;
  }

  /** A notification of the mission service, or of another, which tells nothing here. */
  hear(hint: unknown): void {
    const { type, mission_id: id, after } = (hint ?? {}) as { type?: unknown; mission_id?: unknown; after?: unknown };
    if (type === inboxNotification.type) for (const stream of this.#all()) stream.sendInboxHint();
    if (typeof id !== 'string') return;
    // A mission service of the version before does not say what is new.
    if (typeof after !== 'number') return this.sweep();
    for (const stream of this.#joining) stream.tell(id, after);
    if (this.#joined.size > 0) this.#want(id, after);
    this.#readAll();
  }

  sweep(): void {
    this.#isSweepDue = true;
    this.#readAll();
  }

  #readAll(): void {
    for (const stream of this.#joining) void this.catchUp(stream);
    void this.#pump();
  }

  /** One that fails is tried again with the next notification or sweep. */
  async catchUp(stream: OpenStream): Promise<void> {
    try {
      if (await stream.catchUp(this.#bus)) this.#join(stream);
    } catch (error) {
      this.#warn(error);
    }
  }

  #join(stream: OpenStream): void {
    if (!this.#joining.delete(stream)) return;
    this.#joined.add(stream);
    this.#sweepFrom = earlier(this.#sweepFrom, back(stream.openedAt, LATEST_MS));
    for (const [id, after] of stream.told) this.#want(id, after);
    void this.#pump();
  }

  /** Always a new value: a reading that is under way may have begun before this. */
  #want(id: string, after: number): void {
    this.#wanted.set(id, { after: Math.min(after, this.#wanted.get(id)?.after ?? after) });
  }

  /** One reading at a time; what is told during a reading is read right after it. */
  async #pump(): Promise<void> {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#again) {
        this.#again = false;
        if (this.#isSweepDue) await this.#findChanged();
        while (this.#wanted.size > 0) await this.#readNew();
      }
    } catch (error) {
      this.#warn(error);
    } finally {
      this.#reading = false;
    }
  }

  async #findChanged(): Promise<void> {
    const streams = [...this.#joined];
    const [first] = streams;
    const since = this.#sweepFrom;
    // A sweep that finds nobody is due when somebody has joined.
    if (!first || since === undefined) return;
    // A stream that joins meanwhile says from where on the next sweep looks for it.
    this.#sweepFrom = undefined;
    this.#isSweepDue = false;
    try {
      const reply = await this.#bus.request(changedMissions, { caller: first.caller, input: { since } });
      const { missions, now } = reply.json<{ missions: { id: string; last_sequence: number }[]; now: string }>();
      for (const { id, last_sequence } of missions)
        if (streams.some((stream) => last_sequence > (stream.sentOf(id) ?? -1))) this.#want(id, last_sequence);
      this.#sweepFrom = earlier(this.#sweepFrom, back(new Date(now), LATEST_MS));
    } catch (error) {
      this.#isSweepDue = true;
      this.#sweepFrom = earlier(this.#sweepFrom, since);
      throw error;
    }
  }

  async #readNew(): Promise<void> {
    // One that joins meanwhile takes nothing of this reading, which does not begin where that one needs it to.
    const streams = [...this.#joined];
    const [first] = streams;
    if (!first) return this.#wanted.clear();
    const taken = [...this.#wanted].slice(0, MISSIONS_AT_ONCE);
    const missions = taken.map(([id, { after }]) => missing(streams, id, after));
    const reply = await this.#bus.request(newHistory, { caller: first.caller, input: { missions, limit: PAGE } });
    const { events, truncated } = reply.json<{ events: StreamEntry[]; truncated: boolean }>();
    const told = new Map(taken.map(([id, { after }]) => [id, after]));
    for (const entry of events.toSorted(byTime))
      for (const stream of streams) stream.take(entry, told.get(entry.mission_id) ?? 0);
    if (truncated) return;
    for (const [id, wanted] of taken) {
      // Told again meanwhile, and possibly of more than was read.
      if (this.#wanted.get(id) !== wanted) continue;
      this.#wanted.delete(id);
      for (const stream of streams) stream.settle(id, wanted.after);
    }
  }

  #all(): OpenStream[] {
    return [...this.#joining, ...this.#joined];
  }

  #warn(error: unknown): void {
    const message = 'reading the history for streams failed; the next notification or sweep tries again';
    this.#logger.warn({ err: error }, message);
  }
}

/**
 * What any of the streams has not sent of a mission: behind the sequence up to which all have sent it, and for those
 * that have sent nothing of it, what they were told of and what came since they opened.
 */
function missing(streams: readonly OpenStream[], id: string, told: number) {
  let after = Infinity;
  let since: string | undefined;
  for (const stream of streams) {
    const sent = stream.sentOf(id);
    after = Math.min(after, sent ?? told);
    if (sent === undefined) since = earlier(since, stream.since);
  }
  return since === undefined ? { id, after } : { id, after, since };
}

const back = (time: Date, ms: number): string => new Date(time.getTime() - ms).toISOString();
const earlier = (one: string | undefined, other: string): string => (one !== undefined && one < other ? one : other);
