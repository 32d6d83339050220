import type pg from 'pg';
import { connectStandalone } from '../session.ts';
import { execute, statement } from '../statement.ts';

export interface Backlog {
  /** Events not yet published; counted to `limit` at most. */
  pending: number;
  /** Age of the oldest pending event. */
  oldestMs: number;
}

const count = statement(
  'outbox.backlog',
  `select (select count(*) from (select 1 from outbox where published_at is null limit $1) as counted)::int as pending,
          coalesce((select greatest(0, extract(epoch from now() - time) * 1000)
                      from outbox where published_at is null order by position limit 1), 0)::float8 as "oldestMs"`,
);

export async function measureBacklog(client: pg.ClientBase, limit: number): Promise<Backlog> {
  const [row] = await execute<Backlog>(client, count, [limit]);
  return row ?? { pending: 0, oldestMs: 0 };
}

const led = statement(
  'outbox.led',
  `select 1 from leaders l join pg_stat_activity a on a.pid = l.backend_pid and a.backend_start = l.backend_start
    where l.key = 'relay' and l.expires_at > clock_timestamp()`,
);

/** Whether a relay of any process of the service holds the lease by which it publishes. */
export const hasActiveRelay = async (client: pg.ClientBase): Promise<boolean> =>
  (await execute(client, led)).length > 0;

/** What the operators' command shows of a service's outbox. */
export interface OutboxInspection extends Backlog {
  service: string;
  /** Running processes of the service: each has one relay, of which one publishes. */
  copies: number;
  /** Time of the oldest published event that is still kept: a lost stream can be rebuilt from there on. */
  kept_since: string | null;
  /** The events that have been pending longest. */
  oldest: { position: string; type: string; mission_id: string; time: string }[];
}

const COUNT_AT_MOST = 1_000_000;
const TIMEOUT_MS = 30_000;

const copies = statement(
  'outbox.copies',
  `select count(*)::int as copies
     from pg_stat_activity where application_name = $1 and datname = current_database()`,
);
const keptSince = statement(
  'outbox.kept_since',
  `select min(time) as time
     from (select time from outbox where published_at is not null order by position limit 1) as oldest`,
);
const oldest = statement(
  'outbox.oldest',
  `select position::text, type, mission_id, time from outbox where published_at is null order by position limit $1`,
);

/** @param url with the service's own role. */
export async function inspectOutbox(url: string, service: string, limit = 10): Promise<OutboxInspection> {
  const schema = service.replaceAll('-', '_');
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  try {
    const backlog = await measureBacklog(client, COUNT_AT_MOST);
    const [running] = await execute<{ copies: number }>(client, copies, [`${schema} relay`]);
    const [kept] = await execute<{ time: Date | null }>(client, keptSince);
    const rows = await execute<{ position: string; type: string; mission_id: string; time: Date }>(client, oldest, [
      limit,
    ]);
    return {
      service,
      ...backlog,
      copies: running?.copies ?? 0,
      kept_since: kept?.time?.toISOString() ?? null,
      oldest: rows.map((row) => ({ ...row, time: row.time.toISOString() })),
    };
  } finally {
    await client.end();
  }
}
