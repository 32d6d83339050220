import type { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { changeLimits, type Limits, type Usage } from '@missions/contracts/scheduler/limits.ts';
import {
  claimRun,
  finishRun,
  heartbeatRun,
  type ListedRun,
  listRuns,
  type Run,
} from '@missions/contracts/scheduler/runs.ts';
import type { Database } from '@missions/persistence/database.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scheduler } from '../service.ts';
import { type FakeMission, FakeMissionService } from './mission-service.ts';
import { openSchedulerDatabase } from './scratch.ts';

const LONG = { timeoutMs: 60_000 };
export type Held = Run & { fence: number };

export const agentOf = (customer_id: string): Caller => ({
  ...{ kind: 'agent', credential: 'key', customer_id, user_id: null, agent_id: 'robot' },
});
export const userOf = (customer_id: string, user_id = 'ann'): Caller => ({
  ...agentOf(customer_id),
  kind: 'user',
  user_id,
});

export const used = (input_tokens: number, output_tokens: number, amount?: string, currency = 'EUR'): Usage => ({
  ...{ input_tokens, output_tokens },
  ...(amount !== undefined && { cost: { amount, currency } }),
});

/** Two copies of the scheduler on one virtual clock, whose agents and users ask for runs and set limits. */
export class BudgetedScheduler {
  readonly missions: FakeMissionService;
  readonly db: Database;
  readonly clock: VirtualClock;
  readonly #servers: TestServers;
  readonly #running: RunningService[];

  private constructor(
    servers: TestServers,
    missions: FakeMissionService,
    db: Database,
    clock: VirtualClock,
    running: RunningService[],
  ) {
    this.#servers = servers;
    this.missions = missions;
    this.db = db;
    this.clock = clock;
    this.#running = running;
  }

  static async start(now: string): Promise<BudgetedScheduler> {
    const own = await startServers();
    const database = await own.freshDatabase({ services: ['scheduler'] });
    const missions = await FakeMissionService.start(own.natsUrl);
    const clock = new VirtualClock(new Date(now));
    const urls = { databaseUrl: database.urlFor('scheduler'), natsUrl: own.natsUrl, clock };
    const running = [await startInProcess(scheduler, urls), await startInProcess(scheduler, urls)];
    const db = await openSchedulerDatabase(database.urlFor('scheduler'), 3);
    return new BudgetedScheduler(own, missions, db, clock, running);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((one) => one.stop()));
    await this.missions.close();
    await this.db.close();
    await this.#servers.stop();
  }

  /** A mission of a customer of its own, whose run is about to be queued. */
  async mission(
    limits: Partial<Limits> | undefined = {},
    customer_id = `customer-${newId()}`,
  ): Promise<{ customer_id: string; mission: FakeMission }> {
    const mission = this.missions.create({ customer_id });
    await this.limit(customer_id, limits, mission.id);
    await this.missions.change(mission);
    return { customer_id, mission };
  }

  limit(customer_id: string, limits: Partial<Limits>, mission_id?: string) {
    const input = { limits, ...(mission_id !== undefined && { mission_id }) };
    return this.missions.bus.request(changeLimits, { caller: userOf(customer_id), input });
  }

  async claim(customer_id: string, wait_seconds = 0): Promise<Held | null> {
    const input = { wait_seconds, lease_seconds: 900 };
    const reply = await this.missions.bus.request(claimRun, { caller: agentOf(customer_id), input }, LONG);
    return reply.json<{ run: Held | null }>().run;
  }

  got(customer_id: string): Promise<Held> {
    return waitUntil(async () => (await this.claim(customer_id)) ?? undefined, { what: 'a run' });
  }

  finish({ id: run_id, fence, customer_id }: Held, usage?: Usage) {
    const input = { run_id, fence, status: 'succeeded', again: true, ...(usage && { usage }) } as const;
    return this.missions.bus.request(finishRun, { caller: agentOf(customer_id), input });
  }

  heartbeat({ id: run_id, fence, customer_id }: Held, usage?: Usage): Promise<Problem | undefined> {
    const input = { run_id, fence, ...(usage && { usage }) };
    return this.missions.bus.request(heartbeatRun, { caller: agentOf(customer_id), input }).then(
      () => undefined,
      (error: unknown) => error as Problem,
    );
  }

  /** What a run has used, as its user reads it. */
  async usageOf({ id, mission_id, customer_id }: Held): Promise<ListedRun['usage'] | undefined> {
    const listed = await this.missions.bus.request(listRuns, { caller: userOf(customer_id), input: { mission_id } });
    return listed.json<{ runs: ListedRun[] }>().runs.find((run) => run.id === id)?.usage;
  }

  /** The queued run is held, and a claim has found it so. */
  async isHeld(customer_id: string): Promise<void> {
    const held = 'select 1 from run where customer_id = $1 and held_until is not null';
    await waitUntil(
      async () => (await this.claim(customer_id)) === null && (await this.db.pool.query(held, [customer_id])).rows[0],
      { what: 'the run to be held' },
    );
  }
}
