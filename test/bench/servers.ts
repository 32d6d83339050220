import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats } from '@missions/local/embedded-nats.ts';
import { startServers } from '@missions/testing/test-servers.ts';
import { Client } from 'pg';
import type { Bench } from './row.ts';

export interface BenchServers {
  /** For logs; gone with the row. */
  folder: string;
  natsUrl: string;
  /** A further NATS of its own, for a second copy of the product: two copies on one would share each other's requests. */
  anotherNats(): Promise<string>;
  /** An empty database. */
  database(): Promise<{ adminUrl: string; urlFor(service: string): string }>;
  /** Writes out what a contender left dirty, so that the next one does not pay for it. */
  checkpoint(): Promise<void>;
}

/** Servers that keep what they acknowledge (fsync on, as in production), private to one row. */
export async function startBenchServers(bench: Bench): Promise<BenchServers> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-bench-'));
  bench.after(() => rmSync(folder, { recursive: true, force: true }));
  const servers = await startServers({ durable: true });
  bench.after(() => servers.stop());
  const admin = new Client({ connectionString: servers.adminUrl });
  await admin.connect();
  bench.after(() => admin.end());
  let more = 0;
  return {
    folder,
    natsUrl: servers.natsUrl,
    anotherNats: async () => {
      more += 1;
      const nats = await startNats({ dataDir: join(folder, `nats-${more}`) });
      bench.after(() => nats.stop());
      return nats.url;
    },
    database: () => servers.freshDatabase(),
    checkpoint: async () => void (await admin.query('checkpoint')),
  };
}
