import type { EventEnvelope } from '@missions/contracts/event.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { backoff } from '@missions/runtime/backoff.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type pg from 'pg';
import type { LeaderLease } from '../leader-lease.ts';
import { execute, statement } from '../statement.ts';
import type { StreamHealing } from './healing.ts';
import { type Acknowledged, markBatch } from './mark-published.ts';
import { OUTBOX_COLUMNS, type OutboxRow, type StoredEvent, toStoredEvent } from './row.ts';

/** Called where a crash would do the most harm; for tests that crash there. */
export interface RelayFaults {
  afterRead?: () => Promise<void> | void;
  /** Between publishing and marking: the events of this batch are read and published a second time. */
  afterPublish?: () => Promise<void> | void;
}

/** What the bus says of a stored event, if it says anything. */
export type Publication = { stream: string; seq: number; duplicate: boolean } | void;

/** @param anew whether the stream is to store the event although it remembers its id. */
export type Publish = (event: EventEnvelope, body: string, anew?: boolean) => Promise<Publication>;

interface DrainOptions {
  publish: Publish;
  logger: Logger;
  /** Looks at what the streams still hold; without it nothing is remembered of them. */
  healing?: StreamHealing | undefined;
  batch?: number;
  faults?: RelayFaults;
}

/** If so many missions fail at once, the bus is at fault: all missions wait, rather than be listed in the query. */
const OUTAGE = 200;
/** Memory for the bodies of one batch. */
const BATCH_BYTES = 8 * 1024 * 1024;
const FIRST_GUESS_BYTES = 4 * 1024;

/**
 * Reads every unpublished row, not the rows above a last position: a transaction that took a lower position may commit
 * later.
 */
const pending = statement(
  'outbox.pending',
  `select ${OUTBOX_COLUMNS}
     from outbox
    where published_at is null and mission_id <> all($2::text[])
    order by position
    limit $1`,
);

/**
 * Empties the outbox batch by batch: read the oldest events, publish them, mark the published ones in one statement.
 */
export class OutboxDrain {
  readonly #options: DrainOptions;
  readonly #backoff = new MissionBackoff();
  #bytesPerEvent = FIRST_GUESS_BYTES;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /**
   * Publishes one batch over the lease's connection, without the missions that are backing off.
   * @returns whether the batch was full, so that there may be more events.
   */
  async drainBatch(lease: LeaderLease): Promise<boolean> {
    const { batch = 500, faults, healing } = this.#options;
    const now = performance.now();
    const waiting = this.#backoff.waiting(now);
    if (waiting.length >= OUTAGE) return false;
    const limit = Math.max(1, Math.min(batch, Math.floor(BATCH_BYTES / this.#bytesPerEvent)));
    const events = await readPending(lease.client, limit, waiting);
    const { epoch } = lease;
    await faults?.afterRead?.();
    if (events.length < limit) this.#backoff.forget(new Set(events.map(({ event }) => event.mission_id)), now);
    if (events.length > 0) {
      this.#measure(events);
      const stored = await this.#publish(events, lease);
      await faults?.afterPublish?.();
      if (stored.length > 0)
        await markBatch(lease.client, { key: lease.key, epoch }, stored, healing?.marksOf(stored) ?? []);
    }
    return events.length >= limit;
  }

  /** Milliseconds until a mission that failed is due again; undefined if none has failed. */
  nextTryIn(): number | undefined {
    return this.#backoff.nextTryIn(performance.now());
  }

  /**
   * Publishes missions side by side. The next event of a mission is sent when the one before it is stored, and waits if
   * that one failed.
   * @returns the published events.
   */
  async #publish(events: readonly StoredEvent[], lease: LeaderLease): Promise<Acknowledged[]> {
    const { logger, healing } = this.#options;
    const stored: Acknowledged[] = [];
    const missions = Map.groupBy(events, ({ event }) => event.mission_id);
    await Promise.all(
      [...missions].map(async ([missionId, own]) => {
        try {
          for (const event of own) {
            // Another process may be publishing this event by now, or the stream behind a new connection lack others.
            if (!lease.held || healing?.holds(lease) === false) return;
            stored.push(await this.#store(event));
          }
          if (this.#backoff.succeed(missionId))
            logger.info(
              { mission_id: missionId, failing: this.#backoff.size },
              'events of a mission are published again',
            );
        } catch (error) {
          this.#backoff.fail(missionId, performance.now());
          healing?.doubt();
          const about = { err: error, mission_id: missionId, failing: this.#backoff.size };
          if (isLasting(error))
            logger.error(
              about,
              'an event cannot be published; it and what follows it of its mission stay in the outbox',
            );
          else logger.warn(about, 'an event could not be published; it stays in the outbox and is tried again');
        }
      }),
    );
    return stored;
  }

  async #store({ position, event, body }: StoredEvent): Promise<Acknowledged> {
    const { publish, healing } = this.#options;
    let ack = await publish(event, body);
    if (ack?.duplicate && healing?.isRemoved(ack)) ack = await publish(event, body, true);
    const stored = { position, subject: event.type, stream: ack?.stream ?? '', seq: ack?.seq ?? 0 };
    if (ack && !ack.duplicate) healing?.acknowledged(stored);
    return stored;
  }

  #measure(events: readonly StoredEvent[]): void {
    const bytes = events.reduce((sum, { body }) => sum + body.length, 0) / events.length;
    this.#bytesPerEvent = Math.max(1, (this.#bytesPerEvent + bytes) / 2);
  }
}

/** Of the event itself: too large, or of a type that is no subject. Only a person can mend it, and nothing is lost. */
const isLasting = (error: unknown): boolean =>
  error instanceof Problem && (error.code === 'PAYLOAD_TOO_LARGE' || error.code === 'INTERNAL');

async function readPending(client: pg.Client, limit: number, except: readonly string[]): Promise<StoredEvent[]> {
  return (await execute<OutboxRow>(client, pending, [limit, except])).map(toStoredEvent);
}

const BACKOFF = { firstMs: 200, maxMs: 5_000 };

/**
 * The missions whose events could not be published, each with the time of its next try. Their later events wait,
 * because a mission's events keep their order; other missions go on. When one of the failed missions succeeds, the bus
 * works again, and all of them are due at once.
 */
class MissionBackoff {
  readonly #failed = new Map<string, { failures: number; until: number }>();

  fail(missionId: string, now: number): void {
    const failures = (this.#failed.get(missionId)?.failures ?? 0) + 1;
    this.#failed.set(missionId, { failures, until: now + backoff(failures, BACKOFF) });
  }

  /** True if this mission had failed before. */
  succeed(missionId: string): boolean {
    if (!this.#failed.delete(missionId)) return false;
    for (const failed of this.#failed.values()) failed.until = 0;
    return true;
  }

  /** Drops missions that were due and have no pending event left: it was erased, or published by another relay. */
  forget(pendingMissions: ReadonlySet<string>, now: number): void {
    for (const [missionId, { until }] of this.#failed)
      if (until <= now && !pendingMissions.has(missionId)) this.#failed.delete(missionId);
  }

  get size(): number {
    return this.#failed.size;
  }

  waiting(now: number): string[] {
    return [...this.#failed].filter(([, { until }]) => until > now).map(([missionId]) => missionId);
  }

  nextTryIn(now: number): number | undefined {
    if (this.#failed.size === 0) return undefined;
    return Math.max(0, Math.min(...[...this.#failed.values()].map(({ until }) => until)) - now);
  }
}
