import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fault, lasts, type Surroundings } from './two-copies-faults.ts';

/** Long enough for PostgreSQL to need another file of its log, and for outboxes to hold what NATS refuses. */
const FULL_MS = 5_000;

/** Faults that need disks of their own: see `mountSmallDisk`. */
export const faultsOfDisks: readonly Fault[] = [
  {
    name: 'full disk of PostgreSQL',
    async run({ disks, servers }) {
      disks.postgres?.fill();
      await lasts(FULL_MS);
      disks.postgres?.free();
      if (servers.postgresRuns()) return '';
      await servers.startPostgres();
      return 'it had ended';
    },
  },
  {
    name: 'full disk of NATS',
    async run({ disks, servers }) {
      disks.nats?.fill();
      await lasts(FULL_MS);
      disks.nats?.free();
      // A server that could not write a message takes none until it is started again.
      await servers.killNats();
      await servers.startNats();
      return '';
    },
  },
];

/**
 * JetStream is stopped, and started with an older copy of its store, as after a restoration from a backup.
 *
 * Streams do not heal by themselves yet: the specification says that they can be rebuilt (section 7), so an operator
 * rebuilds them here. STREAMS_HEAL=1 leaves that out, for the day when each relay does it by itself. The order of a
 * stream is then that of the rebuilding, and is not checked: `keepsOrder`.
 */
export function rollback({ heals }: { readonly heals: boolean }): Fault {
  return {
    name: 'rollback of the streams',
    async run({ servers, operator, begun }) {
      const kept = join(mkdtempSync(join(tmpdir(), 'missions-rollback-')), 'nats');
      try {
        await servers.killNats();
        cpSync(servers.natsFolder, kept, { recursive: true });
        await servers.startNats();
        const before = begun();
        await lasts(FULL_MS);
        await servers.killNats();
        rmSync(servers.natsFolder, { recursive: true });
        cpSync(kept, servers.natsFolder, { recursive: true });
        await servers.startNats();
        if (!heals) await rebuild(operator);
        return `by ${begun() - before} rounds`;
      } finally {
        rmSync(join(kept, '..'), { recursive: true, force: true });
      }
    },
  };
}

async function rebuild(operator: Surroundings['operator']): Promise<void> {
  for (const stream of ['MISSION', 'APPROVAL', 'EMAIL', 'SCHEDULER']) await operator.json('rebuild-stream', stream);
}
