import { execute, statement } from '../statement.ts';
import { connectStandalone } from '../session.ts';
import { type Backlog, measureBacklog } from './backlog.ts';

/** What an operator is shown of a service's outbox. */
export interface OutboxInspection extends Backlog {
  service: string;
  /** Copies of the service that run: each has one relay, of which one publishes. */
  copies: number;
  /** Published events that are still kept, from which a stream can be filled again; since when. */
  kept_since: string | null;
  /** The longest pending. */
  oldest: { position: string; type: string; mission_id: string; time: string }[];
}

const COUNT_AT_MOST = 1_000_000;
const TIMEOUT_MS = 30_000;

const copies = statement(
  'outbox.copies',
  `select count(*)::int as copies from pg_stat_activity where application_name = $1 and datname = current_database()`,
);
const keptSince = statement(
  'outbox.kept_since',
  'select min(time) as time from (select time from outbox where published_at is not null order by position limit 1) as oldest',
);
const oldest = statement(
  'outbox.oldest',
  `select position::text, type, mission_id, time from outbox where published_at is null order by position limit $1`,
);

/** @param url of the service's own role. */
export async function inspectOutbox(url: string, service: string, limit = 10): Promise<OutboxInspection> {
  const schema = service.replaceAll('-', '_');
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  try {
    const backlog = await measureBacklog(client, COUNT_AT_MOST);
    const [running] = await execute<{ copies: number }>(client, copies, [`${schema} relay`]);
    const [kept] = await execute<{ time: Date | null }>(client, keptSince);
    const waiting = await execute<{ position: string; type: string; mission_id: string; time: Date }>(client, oldest, [
      limit,
    ]);
    return {
      service,
      ...backlog,
      copies: running?.copies ?? 0,
      kept_since: kept?.time?.toISOString() ?? null,
      oldest: waiting.map((row) => ({ ...row, time: row.time.toISOString() })),
    };
  } finally {
    await client.end();
  }
}
