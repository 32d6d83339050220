import type { StreamEntry } from '@missions/contracts/mission/representation.ts';
import { recentHistory } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';

export interface UserStreamOptions {
  readonly caller: Caller & { readonly user_id: string };
  /** Sends entries from here on; the client knows earlier ones. */
  readonly since: Date;
  /** Must neither wait nor throw: the user's other streams are served after it. */
  readonly send: (entry: StreamEntry) => void;
  /** Items of the inbox were seen or snoozed; a hint that may be lost. */
  readonly sendInboxHint: () => void;
}

const PAGE = 500;

/**
 * One stream, and what it has sent. It reads the entries since its own time by itself; from then on it takes what is
 * new to it from what is read for all streams of its user.
 */
export class OpenStream {
  readonly caller: UserStreamOptions['caller'];
  readonly since: string;
  readonly #options: UserStreamOptions;
  /** Of each mission, the sequence of the newest entry that was sent. */
  readonly #sent = new Map<string, number>();
  /** What it was told of while it read by itself: missions with the sequence behind which something is new. */
  readonly #told = new Map<string, number>();
  /** The reading by itself goes on here, by time and id; undefined once it has reached the present. */
  #next: { since: string; after?: string } | undefined;
  #openedAt: string | undefined;
  #reading = false;
  #stopped = false;

  constructor(options: UserStreamOptions) {
    this.#options = options;
    this.caller = options.caller;
    this.since = options.since.toISOString();
    this.#next = { since: this.since };
  }

  get told(): ReadonlyMap<string, number> {
    return this.#told;
  }

  /** When its first page was read, by the mission service's clock. */
  get openedAt(): Date {
    return new Date(this.#openedAt ?? this.since);
  }

  /** Nobody sees what is sent from now on. */
  stop(): void {
    this.#stopped = true;
  }

  /** @returns whether this call has read the last page. @throws if the mission service cannot be asked. */
  async catchUp(bus: Pick<Bus, 'request'>): Promise<boolean> {
    if (this.#reading) return false;
    this.#reading = true;
    try {
      while (this.#next && !this.#stopped) this.#next = await this.#readPage(bus, this.#next);
      return !this.#stopped;
    } finally {
      this.#reading = false;
    }
  }

  tell(id: string, after: number): void {
    this.#told.set(id, Math.min(after, this.#told.get(id) ?? after));
  }

  /** The sequence of the newest entry that was sent of this mission; undefined if none was. */
  sentOf(id: string): number | undefined {
    return this.#sent.get(id);
  }

  /** Takes an entry that was read for all, if it is new here: the streams were told of those behind `after`. */
  take(entry: StreamEntry, after: number): void {
    const sent = this.#sent.get(entry.mission_id);
    const isNew = sent === undefined ? entry.sequence > after || entry.created_at >= this.since : entry.sequence > sent;
    if (isNew) this.#send(entry);
  }

  /** All of the mission was read that there was: of one that showed nothing, what is behind `after` will be new. */
  settle(id: string, after: number): void {
    if (!this.#sent.has(id)) this.#sent.set(id, after);
  }

  sendInboxHint(): void {
    if (!this.#stopped) this.#options.sendInboxHint();
  }

  /** @returns where the next page begins; undefined after the last. */
  async #readPage(
    bus: Pick<Bus, 'request'>,
    from: { since: string; after?: string },
  ): Promise<{ since: string; after: string } | undefined> {
    const reply = await bus.request(recentHistory, { caller: this.caller, input: { ...from, limit: PAGE } });
    const { events, truncated, now } = reply.json<{ events: StreamEntry[]; truncated: boolean; now: string }>();
    this.#openedAt ??= now;
    for (const entry of events.toSorted(byTime)) this.#send(entry);
    const last = events.at(-1);
    return truncated && last ? { since: last.created_at, after: last.id } : undefined;
  }

  #send(entry: StreamEntry): void {
    if (this.#stopped) return;
    const { mission_id: id, sequence } = entry;
    this.#sent.set(id, Math.max(sequence, this.#sent.get(id) ?? 0));
    this.#options.send(entry);
  }
}

/** Entries of one mission in the order of its history, also where two copies of the service wrote them at one time. */
export const byTime = (one: StreamEntry, other: StreamEntry): number =>
  compare(one.created_at, other.created_at) ||
  compare(one.mission_id, other.mission_id) ||
  one.sequence - other.sequence;
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
