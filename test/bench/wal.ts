import { Client } from 'pg';

/** Bytes of write-ahead log, by the role that wrote them: each service has its own. */
export type Wal = ReadonlyMap<string, number>;

export interface WalReader {
  read(): Promise<Wal>;
  /** Bytes that the whole server has written: exact at any moment, and of everybody. */
  position(): Promise<number>;
  end(): Promise<void>;
}

/**
 * Reads the statistics of the sessions that are open. Sessions of a pool stay open while they are used, so that the
 * difference of two readings is what was written between them.
 */
export async function walReader(adminUrl: string): Promise<WalReader> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  return {
    async read() {
      const { rows } = await client.query<{ role: string; bytes: string }>(
        `select usename as role, sum((pg_stat_get_backend_wal(pid)).wal_bytes) as bytes
           from pg_stat_activity where datname = current_database() and usename is not null group by 1`,
      );
      return new Map(rows.map(({ role, bytes }) => [role, Number(bytes)]));
    },
    async position() {
      const { rows } = await client.query<{ bytes: string }>(
        `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as bytes`,
      );
      return Number(rows[0]?.bytes);
    },
    end: () => client.end(),
  };
}

/** Adds to `sums` what was written between two readings. */
export function addWal(sums: Map<string, number>, before: Wal, after: Wal): void {
  for (const [role, bytes] of after)
    sums.set(role, (sums.get(role) ?? 0) + Math.max(0, bytes - (before.get(role) ?? 0)));
}
