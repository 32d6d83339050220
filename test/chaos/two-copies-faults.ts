import type { Program } from '@missions/test-support/program.ts';
import type { TestServers } from '@missions/test-support/test-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { Client } from 'pg';

/** What the faults reach: processes, the servers, and the progress of the load, by which the length of one is told. */
export interface Surroundings {
  readonly programs: readonly Program[];
  readonly servers: TestServers;
  readonly adminUrl: string;
  /** Rounds that were begun. A fault lasts for some of them, not for a time: the machine may be slow. */
  readonly begun: () => number;
}

export type Random = () => number;
export interface Fault {
  readonly name: string;
  run(around: Surroundings, next: Random): Promise<void>;
}

const among = <T>(all: readonly T[], next: Random): T => {
  const one = all[Math.floor(next() * all.length)];
  if (one === undefined) throw new Error('there is nothing to choose from');
  return one;
};

/** Frozen longer than a lease, a lock or a dial lasts: 12 s of real time, since all of those are counted in real time. */
const FROZEN_MS = 12_000;

const frozen = async (pid: number, ms: number): Promise<void> => {
  process.kill(pid, 'SIGSTOP');
  const until = performance.now() + ms;
  await waitUntil(() => performance.now() >= until, { withinMs: ms + 5_000 });
  process.kill(pid, 'SIGCONT');
};

export const faults: readonly Fault[] = [
  {
    name: 'kill -9',
    async run({ programs }, next) {
      const victim = among(programs, next);
      await victim.kill();
      await victim.start();
    },
  },
  {
    name: 'freeze of a copy',
    run: ({ programs }, next) => frozen(among(programs, next).pid, FROZEN_MS),
  },
  {
    name: 'orderly restart of a copy',
    async run({ programs }, next) {
      const victim = among(programs, next);
      await victim.stop();
      await victim.start();
    },
  },
  {
    name: 'freeze of NATS',
    run: ({ servers }, next) => frozen(servers.natsPid(), 2_000 + next() * 10_000),
  },
  {
    name: 'restart of NATS',
    async run({ servers }) {
      await servers.killNats();
      await servers.startNats();
    },
  },
  {
    name: 'end of all database connections of a service',
    async run({ adminUrl }, next) {
      const schema = among(['mission', 'approval', 'scheduler'], next);
      const client = new Client({ connectionString: adminUrl });
      await client.connect();
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1', [
        `${schema} %`,
      ]);
      await client.end();
    },
  },
];

/** Draws faults one after another until so many are done. @returns their names in order. */
export async function inflict(count: number, around: Surroundings, next: Random): Promise<string[]> {
  const done: string[] = [];
  while (done.length < count) {
    const fault = among(faults, next);
    await fault.run(around, next);
    done.push(fault.name);
    const begun = around.begun();
    await waitUntil(() => around.begun() > begun + 3, {
      withinMs: 60_000,
      what: `rounds that go on after: ${done.join(', ')}`,
    });
  }
  return done;
}
