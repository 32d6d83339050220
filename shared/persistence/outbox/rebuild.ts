import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type StreamName, streams } from '@missions/contracts/subjects.ts';
import type pg from 'pg';
import { connectStandalone } from '../session.ts';
import { execute, statement } from '../statement.ts';
import { patternsOf } from './healing.ts';
import { OUTBOX_COLUMNS, type OutboxRow, toStoredEvent } from './row.ts';

/** An operator's connection to the bus, as far as a rebuild needs it. */
export interface StreamAccess {
  /** @throws Problem if the stream does not exist. */
  requireStream(name: StreamName): Promise<void>;
  eventIdsInStream(name: StreamName): Promise<ReadonlySet<string>>;
  /** Resolves when the stream has stored the event, or says that it has it already. */
  publish(event: EventEnvelope): Promise<{ duplicate: boolean }>;
  close(): Promise<void>;
}

export interface RebuildOptions {
  service: string;
  /** With the service's own role. */
  url: string;
  connect: () => Promise<StreamAccess>;
  stream: RebuildableStream;
  /** Counts, and changes nothing. */
  dryRun: boolean;
}

export interface RebuildReport {
  service: string;
  /** Published events that the outbox still keeps and the stream should hold. */
  kept: number;
  /** How many of those the stream did not hold. */
  missing: number;
  republished: number;
  /**
   * Not stored: the stream took these events for duplicates, because it still knew their ids from before it was
   * emptied. It forgets ids after two minutes; a rebuild after that stores the events.
   */
  taken_for_repetitions: number;
  /** Time of the oldest event that the outbox keeps. Events that were lost before it cannot be brought back. */
  since: string | null;
}

/** Dead letters are kept nowhere else, so their stream cannot be rebuilt. */
export type RebuildableStream = Exclude<StreamName, 'DEADLETTER'>;
export const rebuildableStreams = Object.keys(streams).filter((name) => name !== 'DEADLETTER') as RebuildableStream[];

/** The outbox has no index for a rebuild: it is read through once, page by page. */
const TIMEOUT_MS = 60_000;

/** Publishes again the events of a service that the stream has lost. The stream must exist. */
export async function rebuildStream({ service, url, connect, stream, dryRun }: RebuildOptions): Promise<RebuildReport> {
  const schema = service.replaceAll('-', '_');
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  try {
    const access = await connect();
    try {
      if (!dryRun) await access.requireStream(stream);
      return { service, ...(await republishMissing(client, access, stream, { dryRun })) };
    } finally {
      await access.close();
    }
  } finally {
    await client.end();
  }
}

const PAGE = 500;

/** Read before the stream: events marked after this time were published to the stream as it is now. */
const until = statement('outbox.republish_until', 'select now()::text as until');
const page = statement(
  'outbox.republish',
  `select ${OUTBOX_COLUMNS}
     from outbox
    where position > $1 and published_at <= $2::timestamptz and type like any($3::text[])
    order by position
    limit $4`,
);

/**
 * Publishes missions side by side and each mission's events in order. Consumers receive some events for the second
 * time, and recognise them by their ids. Events that are not published yet are the relay's work. A position cursor is
 * right here, though it would be wrong for the relay: an event that was published before the rebuild began has a
 * position that was committed before.
 */
export async function republishMissing(
  client: pg.Client,
  access: Pick<StreamAccess, 'eventIdsInStream' | 'publish'>,
  stream: RebuildableStream,
  { dryRun = false } = {},
): Promise<Omit<RebuildReport, 'service'>> {
  const [now] = await execute<{ until: string }>(client, until);
  const present = await access.eventIdsInStream(stream);
  const report = { kept: 0, missing: 0, republished: 0, taken_for_repetitions: 0, since: null as string | null };
  for (let position = '0'; ;) {
    const rows = await execute<OutboxRow>(client, page, [position, now?.until, patternsOf(stream), PAGE]);
    report.since ??= rows[0]?.time.toISOString() ?? null;
    report.kept += rows.length;
    const missing = rows.map((row) => toStoredEvent(row).event).filter(({ id }) => !present.has(id));
    report.missing += missing.length;
    if (!dryRun) await publishAgain(missing, access, report);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return report;
    position = last.position;
  }
}

async function publishAgain(
  events: readonly EventEnvelope[],
  access: Pick<StreamAccess, 'publish'>,
  report: Pick<RebuildReport, 'republished' | 'taken_for_repetitions'>,
): Promise<void> {
  const missions = Map.groupBy(events, ({ mission_id }) => mission_id);
  await Promise.all(
    [...missions.values()].map(async (own) => {
      for (const event of own) {
        const { duplicate } = await access.publish(event);
        report[duplicate ? 'taken_for_repetitions' : 'republished']++;
      }
    }),
  );
}
