import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats } from '@missions/deploy/dev-servers/embedded-nats.ts';
import { startPostgres } from '@missions/deploy/dev-servers/embedded-postgres.ts';
import { createDatabase, type TestDatabase } from '@missions/test-support/test-database.ts';
import { provision } from '@missions/test-support/test-servers.ts';
import { Client } from 'pg';
import type { Bench } from './row.ts';

export interface BenchNats {
  pid: number;
  /** With the service's own user. */
  urlFor(service: string): string;
}

export interface BenchServers {
  /** For logs; gone with the row, unless it failed. */
  folder: string;
  postgresPid: number;
  /** Each call starts one more: two copies of the product on one would share each other's requests. */
  nats(): Promise<BenchNats>;
  /** An empty database. */
  database(): Promise<TestDatabase>;
  /** Writes a contender's dirty pages to disk (checkpoint), so that the next contender does not pay for them. */
  checkpoint(): Promise<void>;
}

const configuration = new URL('../../deploy/nats/server.conf', import.meta.url);

/**
 * Servers as they are deployed, private to one row: they persist what they acknowledge (fsync on), and NATS checks who
 * may publish what.
 */
export async function startBenchServers(bench: Bench): Promise<BenchServers> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-bench-'));
  bench.after((failed) =>
    failed ? bench.say(`the logs are kept in ${folder}`) : rmSync(folder, { recursive: true, force: true }),
  );
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), password: 'bench' });
  bench.after(() => postgres.stop());
  const admin = new Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  bench.after(() => admin.end());
  let started = 0;
  return {
    folder,
    postgresPid: postgres.pid,
    nats: async () => {
      started += 1;
      const config = readFileSync(configuration, 'utf8');
      // One variable per user, as the configuration names them.
      const passwords = [...config.matchAll(/\$(\w+_NATS_PASSWORD)/g)].map(([, variable]) => [variable, 'bench']);
      const nats = await startNats({
        dataDir: join(folder, `nats-${started}`),
        config,
        env: Object.fromEntries(passwords) as Record<string, string>,
      });
      bench.after(() => nats.stop());
      await provision(nats.url.replace('://', '://provisioner:bench@'));
      return { pid: nats.pid, urlFor: (service) => nats.url.replace('://', `://${service}:bench@`) };
    },
    database: () => createDatabase(postgres.adminUrl),
    checkpoint: async () => void (await admin.query('checkpoint')),
  };
}
