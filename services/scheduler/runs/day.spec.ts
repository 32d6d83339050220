import { expect } from 'chai';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bus } from '@missions/messaging/bus.ts';
import { Reply } from '@missions/messaging/request.ts';
import type { Database } from '@missions/persistence/database.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';
import { FakeMissionService } from '../testing/mission-service.ts';
import { openSchedulerDatabase, silent } from '../testing/scratch.ts';
import type { RunsContext } from './context.ts';
import { finishRun } from './commands/finish-run.ts';
import { claimNextRun } from './commands/claim-run.ts';

const MINUTE = 60_000;
const MISSIONS = repetitions(300, 1_000);
/** Number of missions whose runs always change something, so that a run is due every 5 minutes. */
const BUSY = 3;
const CUSTOMERS = 20;
const start = Date.parse('2026-06-01T00:00:00Z');
/**
 * Minutes at which a mission has its runs if nothing ever changes. The first run changes nothing either, so that the
 * intervals begin at 15 minutes.
 */
const IDLE_RUNS = [0, 15, 45, 105, 285, 645, 1_005, 1_365];
const BUSY_RUNS = Array.from({ length: 288 }, (_, i) => i * 5);

describe(`a day of ${MISSIONS} missions, while one scheduler is frozen for an hour and another killed`, function () {
  this.timeout(600_000);
  let own: TestServers;
  let db: Database;
  let missions: FakeMissionService;
  const processes: ChildProcess[] = [];
  before(async () => (own = await startServers()));
  after(async () => {
    for (const one of processes) one.kill('SIGKILL');
    await missions?.close();
    await db?.close();
    await own.stop();
  });

  it('each mission gets the runs that are due to it, each at its minute, and none twice', async () => {
    const database = await own.freshDatabase({ services: ['scheduler'] });
    db = await openSchedulerDatabase(database.urlFor('scheduler'), 8);
    await migrate(db);
    missions = await FakeMissionService.start(own.natsUrl);
    missions.publishesRunEvents = false;
    const script = fileURLToPath(new URL('../testing/scheduler-process.ts', import.meta.url));
    const bring = async (): Promise<ChildProcess> => {
      const one = fork(
        script,
        [
          JSON.stringify({
            DATABASE_URL: database.urlFor('scheduler'),
            NATS_URL: own.natsUrl,
            START: new Date(start).toISOString(),
          }),
        ],
        { stdio: 'inherit' },
      );
      processes.push(one);
      await once(one, 'message');
      return one;
    };
    const [frozen, killed] = [await bring(), await bring()];
    const clock = new VirtualClock(new Date(start));
    // The agents claim and finish through the context of a third replica that runs no loops.
    const request: Bus['request'] = async (contract, { input }) =>
      new Reply(
        JSON.stringify(
          (contract.verb === 'grant_run'
            ? await missions.grant(input as Parameters<FakeMissionService['grant']>[0])
            : await missions.settle(input as Parameters<FakeMissionService['settle']>[0])
          ).body,
        ),
      );
    const context: RunsContext = {
      db,
      clock,
      logger: silent,
      request,
      maxClaimedPerCustomer: 1_000,
      admit: () => {},
      wakeDispatcher: () => {},
      runAvailable: () => {},
      runsAvailable: () => {},
    };

    const made = Array.from({ length: MISSIONS }, (_, i) =>
      missions.create({ customer_id: `customer ${i % CUSTOMERS}` }),
    );
    const busy = new Set(made.slice(0, BUSY).map(({ id }) => id));
    await Promise.all(made.map((mission) => missions.change(mission)));

    const count = async (condition: string): Promise<number> =>
      ((await db.pool.query(`select count(*)::int as n from run where ${condition}`)).rows as { n: number }[])[0]?.n ??
      0;
    const work = async (customer: string): Promise<void> => {
      for (;;) {
        const granted = await claimNextRun(context, {
          customer_id: customer,
          user_id: null,
          agent_id: 'robot',
          lease_seconds: 120,
          limit: 1_000,
        });
        if (!granted) return;
        const mission = missions.all.get(granted.run.mission_id);
        if (mission && busy.has(mission.id)) mission.version++;
        await finishRun(context, {
          run: granted.run,
          fence: granted.run.fence,
          status: 'succeeded',
          error: '',
          jitter: 0,
        });
      }
    };
    let expected = 0;
    for (const minute of BUSY_RUNS) {
      const now = new Date(start + minute * MINUTE);
      if (minute === 50) frozen.kill('SIGSTOP');
      if (minute === 110) frozen.kill('SIGCONT');
      if (minute === 400) killed.kill('SIGKILL');
      clock.set(now);
      for (const one of processes) {
        // The process that was just killed may still count as connected: only its time may be lost.
        const sent = (error: Error | null): void => {
          if (error && one !== killed) throw error;
        };
        if (one.connected) one.send(now.toISOString(), sent);
      }
      expected += BUSY + (IDLE_RUNS.includes(minute) ? MISSIONS - BUSY : 0);
      await waitUntil(async () => (await count('true')) >= expected, {
        what: `${expected} runs by minute ${minute}`,
      });
      await Promise.all(Array.from({ length: CUSTOMERS }, (_, i) => work(`customer ${i}`)));
      expect(await count("status = 'succeeded'"), `by minute ${minute}`).to.equal(expected);
    }

    const { rows } = await db.pool.query(
      `select mission_id, array_agg(extract(epoch from requested_at)::float8 order by requested_at) as times,
              array_agg(distinct reason) as reasons
         from run group by mission_id`,
    );
    expect(rows.length).to.equal(MISSIONS);
    for (const { mission_id, times, reasons } of rows as { mission_id: string; times: number[]; reasons: string[] }[]) {
      expect(times.map((time) => (time * 1_000 - start) / MINUTE)).to.deep.equal(
        busy.has(mission_id) ? BUSY_RUNS : IDLE_RUNS,
      );
      expect([...reasons].sort()).to.deep.equal(['created', 'interval']);
    }
    expect(await count("status <> 'succeeded'")).to.equal(0);
    const { rows: announced } = await db.pool.query(
      `select type, count(*)::int as n, count(distinct data ->> 'id')::int as runs
         from outbox where type like 'scheduler.run%' group by type`,
    );
    for (const { type, n, runs } of announced as { type: string; n: number; runs: number }[])
      expect([n, runs], type).to.deep.equal([expected, expected]);
  });
});
