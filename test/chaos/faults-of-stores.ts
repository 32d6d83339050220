import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROVISIONER } from '@missions/messaging/admin/admin-connection.ts';
import { provision } from '@missions/test-support/test-servers.ts';
import { type Fault, lasts } from './two-copies-faults.ts';

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

/** JetStream loses what it stored: each relay notices, and publishes again what its streams lack. */
export const faultsOfStreams: readonly Fault[] = [
  {
    name: 'rollback of the streams',
    async run({ servers, begun }) {
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
        return `by ${begun() - before} rounds`;
      } finally {
        rmSync(join(kept, '..'), { recursive: true, force: true });
      }
    },
  },
  {
    name: 'loss of the streams',
    async run({ servers }) {
      await servers.killNats();
      rmSync(servers.natsFolder, { recursive: true });
      await servers.startNats();
      // As the deployment's job does that keeps the streams.
      await provision(servers.natsUrlFor(PROVISIONER));
      return '';
    },
  },
];
