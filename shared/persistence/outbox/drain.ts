import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { WakeableTimer } from '@missions/runtime/wakeable-timer.ts';
import { markPublished, type PendingEvent, readPending } from './batch.ts';
import { MissionBackoff } from './backoff.ts';
import type { LeaderLock } from './leader-lock.ts';

/** Where a crash would hurt most; for tests that crash there. */
export interface RelayFaults {
  afterRead?: () => Promise<void> | void;
  /** Between publishing and marking: what is read next is published a second time. */
  afterPublish?: () => Promise<void> | void;
}

interface PassOptions {
  publish: (event: EventEnvelope, body: string) => Promise<unknown>;
  logger: Logger;
  batch?: number;
  faults?: RelayFaults;
}

/** So many missions failing at once is the bus, not the missions: then all wait together rather than be named one by one in the query. */
const OUTAGE = 200;
/** Of memory, for the bodies of one batch. */
const BATCH_BYTES = 8 * 1024 * 1024;
const FIRST_GUESS_BYTES = 4 * 1024;

/** Read a batch, publish missions side by side, mark it in one statement; again while there is more. */
export class OutboxDrain {
  readonly #options: PassOptions;
  readonly #alarm: WakeableTimer;
  readonly #holds = new MissionBackoff();
  #bytesPerEvent = FIRST_GUESS_BYTES;

  constructor(options: PassOptions, alarm: WakeableTimer) {
    this.#options = options;
    this.#alarm = alarm;
  }

  /** Until the outbox is empty, but for missions that are held. */
  async drain(post: LeaderLock, stopping: () => boolean): Promise<void> {
    const { batch = 500, faults } = this.#options;
    for (;;) {
      this.#alarm.clear();
      const now = performance.now();
      const held = this.#holds.waiting(now);
      if (held.length >= OUTAGE) return;
      const limit = Math.max(1, Math.min(batch, Math.floor(BATCH_BYTES / this.#bytesPerEvent)));
      const events = await readPending(post.client, limit, held);
      await faults?.afterRead?.();
      if (events.length < limit) this.#holds.forget(new Set(events.map(({ event }) => event.mission_id)), now);
      if (events.length > 0) {
        this.#weigh(events);
        const published = await this.#publish(events, post);
        await faults?.afterPublish?.();
        if (published.length > 0) await markPublished(post.client, published);
      }
      if (stopping() || post.lost || (events.length < limit && !this.#alarm.wakeRequested)) return;
    }
  }

  /** Milliseconds until a held mission is due, or undefined. */
  nextTryIn(): number | undefined {
    return this.#holds.nextTryIn(performance.now());
  }

  /** Answers the positions that were published. A mission's next event leaves when its last is stored, and stays when that failed. */
  async #publish(events: readonly PendingEvent[], post: LeaderLock): Promise<string[]> {
    const published: string[] = [];
    const missions = Map.groupBy(events, ({ event }) => event.mission_id);
    await Promise.all(
      [...missions].map(async ([missionId, own]) => {
        try {
          for (const { position, event, body } of own) {
            // Another may have the post by now.
            if (post.lost) return;
            await this.#options.publish(event, body);
            published.push(position);
          }
          if (this.#holds.succeed(missionId))
            this.#options.logger.info({ mission_id: missionId, held: this.#holds.size }, 'publishing again');
        } catch (error) {
          this.#holds.fail(missionId, performance.now());
          this.#options.logger.warn(
            { err: error, mission_id: missionId, held: this.#holds.size },
            'an event could not be published; it is kept',
          );
        }
      }),
    );
    return published;
  }

  #weigh(events: readonly PendingEvent[]): void {
    const bytes = events.reduce((sum, { body }) => sum + body.length, 0) / events.length;
    this.#bytesPerEvent = Math.max(1, (this.#bytesPerEvent + bytes) / 2);
  }
}
