import type { EventEnvelope } from '@missions/contracts/event.ts';
import type pg from 'pg';
import { execute, statement } from '../statement.ts';
import { type OutboxRow, pendingEvent } from './batch.ts';

/** A stream that lost events, or all of them. */
export interface Lossy {
  /** Event subjects that it keeps, e.g. `mission.*`. */
  subjects: readonly string[];
  /** The ids of the events that it holds now. */
  held: () => Promise<ReadonlySet<string>>;
  /** Resolves when the stream has stored it, or has it by its own account. */
  publish: (event: EventEnvelope) => Promise<{ duplicate: boolean }>;
}

export interface Republished {
  /** Published events that the outbox still keeps and the stream should hold. */
  kept: number;
  /** Of those, how many it did not hold. */
  missing: number;
  republished: number;
  /** Not stored: the stream took them for repetitions, because it still knew their ids from before it was emptied. */
  taken_for_repetitions: number;
  /** How far the outbox reaches back: what was lost before that comes back no more. */
  since: string | null;
}

const BATCH = 500;

/** Before the stream is read: what is marked after that was published to the stream as it is now. */
const clock = statement('outbox.republish_until', 'select now()::text as until');
const page = statement(
  'outbox.republish',
  `select position, event_id, type, source, time, customer_id, user_id, mission_id, version, index, traceparent, data::text as body
     from outbox
    where position > $1 and published_at <= $2::timestamptz and type like any($3::text[])
    order by position
    limit $4`,
);

/**
 * Publishes again what a stream has lost of the events that were published to it, missions side by side and each one's in order. Consumers see
 * some for the second time, and know them by their ids. What is not published yet is the relay's. A cursor is right here, where it would be wrong
 * for the relay: an event that was published before we began has a position that was committed before.
 */
export async function republish(client: pg.Client, stream: Lossy, { dryRun = false } = {}): Promise<Republished> {
  const [now] = await execute<{ until: string }>(client, clock);
  const held = await stream.held();
  const patterns = stream.subjects.map((subject) => subject.replaceAll('_', '\\_').replaceAll('*', '%'));
  const done: Republished = { kept: 0, missing: 0, republished: 0, taken_for_repetitions: 0, since: null };
  for (let position = '0'; ;) {
    const rows = await execute<OutboxRow>(client, page, [position, now?.until, patterns, BATCH]);
    done.since ??= rows[0]?.time.toISOString() ?? null;
    done.kept += rows.length;
    const lost = rows.map((row) => pendingEvent(row).event).filter(({ id }) => !held.has(id));
    done.missing += lost.length;
    if (!dryRun) await publishAgain(lost, stream, done);
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return done;
    position = last.position;
  }
}

async function publishAgain(events: readonly EventEnvelope[], stream: Lossy, done: Republished): Promise<void> {
  const missions = Map.groupBy(events, ({ mission_id }) => mission_id);
  await Promise.all(
    [...missions.values()].map(async (own) => {
      for (const event of own) {
        const { duplicate } = await stream.publish(event);
        done[duplicate ? 'taken_for_repetitions' : 'republished']++;
      }
    }),
  );
}
