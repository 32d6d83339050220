import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { claimRun, finishRun, type Run } from '@missions/contracts/scheduler/runs.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type FakeMission, FakeMissionService } from '../testing/mission-service.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from '../service.ts';

const caller: Caller = { kind: 'agent', credential: 'key', customer_id: 'acme', user_id: null, agent_id: 'robot' };
/** So short that a run whose claim was answered in vain is soon replaced. */
const LEASE = { wait_seconds: 0.5, lease_seconds: 3 };
const MISSIONS = 40;

describe('autonomous runs, while a server restarts', () => {
  let own: TestServers;
  let database: TestDatabase;
  let running: RunningService;
  let missions: FakeMissionService;
  let working = true;
  const agents: Promise<void>[] = [];
  before(async () => {
    own = await startServers({ durable: true });
    database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrl);
    running = await startInProcess(scheduler, {
      databaseUrl: database.urlFor('scheduler'),
      natsUrl: own.natsUrl,
      env: { RUNS_PER_CUSTOMER: '100' },
    });
    for (let i = 0; i < 3; i++) agents.push(work());
  });
  after(async () => {
    working = false;
    await Promise.all(agents);
    await running?.stop();
    await missions?.close();
    await own?.stop();
  });

  /** A correct agent: claims a run and repeats its finish until the finish is answered or the lease is lost. */
  async function work(): Promise<void> {
    while (working) {
      // While NATS is away every call fails at once, and must leave the other agents a turn.
      const run = await waitUntil(
        async () =>
          !working || (await missions.bus.request(claimRun, { caller, input: LEASE })).json<{ run: Run | null }>().run,
        { withinMs: 120_000, everyMs: 20, what: 'a run' },
      );
      if (run !== true) await waitUntil(() => finish(run), { everyMs: 20, what: 'a finish that is answered' });
    }
  }
  const finish = (run: Run): Promise<boolean> =>
    missions.bus
      .request(finishRun, { caller, input: { run_id: run.id, fence: run.fence ?? 0, status: 'succeeded' } })
      .then(
        () => true,
        (error: unknown) => error instanceof Problem && error.code === 'LEASE_LOST',
      );
  const query = async <Row = any>(sql: string, values: readonly unknown[] = []): Promise<Row[]> => {
    const client = await connectStandalone({
      url: database.urlFor('scheduler'),
      schema: 'scheduler',
      statementTimeoutMs: 5_000,
      name: 'spec',
    });
    try {
      return (await client.query(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  const runsOf = (some: readonly FakeMission[]) =>
    query<{ mission_id: string; reason: string; status: string; fence: number | null }>(
      'select mission_id, reason, status, fence from run where mission_id = any($1::uuid[])',
      [some.map(({ id }) => id)],
    );
  /** Lets the rest of the 10 s pass at once for which a run stays claimed whose grant was lost, a second after its claim. */
  const endVainClaims = () =>
    query(
      `update run set lease_expires_at = now()
        where fence is null and lease_expires_at between now() and now() + interval '9 s'`,
    );

  for (const [what, go] of [
    ['PostgreSQL restarts', () => own.restartPostgres()],
    ['PostgreSQL crashes', async () => (await own.killPostgres(), own.startPostgres())],
    ['NATS restarts', () => own.restartNats()],
    ['NATS crashes', async () => (await own.killNats(), own.startNats())],
    [
      'the scheduler and both servers restart',
      async () => {
        await running.stop();
        await own.killNats();
        await own.killPostgres();
        await Promise.all([own.startNats(), own.startPostgres()]);
        running = await startInProcess(scheduler, {
          databaseUrl: database.urlFor('scheduler'),
          natsUrl: own.natsUrl,
          env: { RUNS_PER_CUSTOMER: '100' },
        });
      },
    ],
  ] as const) {
    it(`${what}: every mission has the one run that is due, and the scheduler recovers by itself`, async () => {
      const all = Array.from({ length: MISSIONS }, () => missions.create());
      for (const mission of all.slice(0, MISSIONS / 2)) await missions.change(mission);
      const rest = (async () => {
        for (const mission of all.slice(MISSIONS / 2)) await missions.change(mission);
      })();
      await Promise.all([go(), rest]);
      const succeeded = async () =>
        (await runsOf(all)).filter(({ status }) => status === 'succeeded').map(({ mission_id }) => mission_id);
      await waitUntil(
        async () => {
          // A scheduler that has just started may be about to record a grant of before: that one keeps its time.
          if (!what.startsWith('the scheduler')) await endVainClaims();
          return (await succeeded()).length >= MISSIONS;
        },
        { withinMs: 90_000, everyMs: 100, what: 'a run for each' },
      );
      await waitUntil(async () => (await running.health.report()).ready, { what: 'readiness' });
      expect((await succeeded()).toSorted()).to.deep.equal(all.map(({ id }) => id).toSorted());
      // Other runs have expired, because the answer to their claim was lost; none is still open.
      const others = (await runsOf(all)).filter(({ status }) => status !== 'succeeded');
      expect(others.filter(({ status }) => status !== 'expired')).to.deep.equal([]);
      const settled = missions.settled.filter(({ status }) => status === 'succeeded').map(({ run_id }) => run_id);
      expect(new Set(settled).size).to.equal(settled.length);
    });
  }
});
