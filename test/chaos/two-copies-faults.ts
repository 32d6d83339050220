import type { DeployedServers } from '@missions/test-support/deployed-servers.ts';
import type { Program } from '@missions/test-support/program.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Link } from './link.ts';
import type { SmallDisk } from './small-disk.ts';
import { ask } from './superuser.ts';

/** What the faults reach: processes, their links, the servers, and the progress of the load. */
export interface Surroundings {
  readonly programs: readonly Program[];
  readonly links: readonly Link[];
  readonly servers: DeployedServers;
  /** undefined where no file system can be mounted. */
  readonly disks: { readonly postgres: SmallDisk | undefined; readonly nats: SmallDisk | undefined };
  readonly adminUrl: string;
  /** Rounds that were begun. A fault lasts for some of them, not for a time: the machine may be slow. */
  readonly begun: () => number;
}

export type Random = () => number;
export interface Fault {
  readonly name: string;
  /** @returns what it hit, for the report */
  run(around: Surroundings, next: Random): Promise<string>;
}

export const among = <T>(all: readonly T[], next: Random): T => {
  const one = all[Math.floor(next() * all.length)];
  if (one === undefined) throw new Error('there is nothing to choose from');
  return one;
};

/** Faults of leases, locks and dials are counted in real time, so these are too. */
export async function lasts(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  await waitUntil(() => performance.now() >= until, { withinMs: milliseconds + 5_000 });
}

/** Longer than a lease, a lock or a dial lasts. */
const FROZEN_MS = 12_000;

const frozen = async (pid: number, milliseconds: number): Promise<void> => {
  process.kill(pid, 'SIGSTOP');
  await lasts(milliseconds);
  process.kill(pid, 'SIGCONT');
};

export const faultsOfProcesses: readonly Fault[] = [
  {
    name: 'kill -9',
    async run({ programs }, next) {
      const victim = among(programs, next);
      await victim.kill();
      await victim.start();
      return victim.name;
    },
  },
  {
    name: 'freeze of a copy',
    async run({ programs }, next) {
      const victim = among(programs, next);
      await frozen(victim.pid, FROZEN_MS);
      return victim.name;
    },
  },
  {
    name: 'orderly restart of a copy',
    async run({ programs }, next) {
      const victim = among(programs, next);
      await victim.stop();
      await victim.start();
      return victim.name;
    },
  },
  {
    name: 'freeze of NATS',
    async run({ servers }, next) {
      const milliseconds = 2_000 + next() * 20_000;
      await frozen(servers.natsPid(), milliseconds);
      return `${Math.round(milliseconds)} ms`;
    },
  },
  {
    name: 'kill -9 of NATS',
    async run({ servers }) {
      await servers.killNats();
      await servers.startNats();
      return '';
    },
  },
  {
    name: 'kill -9 of PostgreSQL',
    async run({ servers }) {
      await servers.killPostgres();
      await servers.startPostgres();
      return '';
    },
  },
  {
    name: 'orderly restart of PostgreSQL',
    async run({ servers }) {
      await servers.restartPostgres();
      return '';
    },
  },
  {
    name: 'end of all database connections of a service',
    async run({ adminUrl }, next) {
      const schema = among(['mission', 'approval', 'scheduler', 'email_bridge', 'gateway'], next);
      await ask(adminUrl, 'select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1', [
        `${schema} %`,
      ]);
      return schema;
    },
  },
];

export interface Inflicting {
  readonly count: number;
  readonly faults: readonly Fault[];
  readonly around: Surroundings;
  readonly next: Random;
  /** Called after each fault, with what was done. */
  readonly after: (done: string) => Promise<void>;
  /** So many rounds are begun from one fault to the next, at least. */
  readonly rounds: number;
  /** Gets what was done, in order. */
  readonly done: string[];
}
/** Nothing stands still for longer than this, or it does so for ever. */
const STANDS_STILL_MS = 600_000;

/** Inflicts so many faults one after another. All of them come once, in a random order, before one comes again. */
export async function inflict({ count, faults, around, next, after, rounds, done }: Inflicting): Promise<void> {
  let left: Fault[] = [];
  while (done.length < count) {
    if (left.length === 0) left = [...faults];
    const fault = among(left, next);
    left.splice(left.indexOf(fault), 1);
    const hit = await fault.run(around, next);
    done.push(hit === '' ? fault.name : `${fault.name} (${hit})`);
    await after(done.at(-1) ?? '');
    const begun = around.begun();
    await waitUntil(() => around.begun() > begun + rounds, {
      withinMs: STANDS_STILL_MS,
      what: `rounds that go on after: ${done.join(', ')}`,
    });
  }
}
