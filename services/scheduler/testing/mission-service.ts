import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { grantRun, settleRun } from '@missions/contracts/scheduler/runs.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

/** What a mission of a spec is, as far as runs care. */
export interface Mission {
  readonly id: string;
  customer_id: string;
  user_id: string;
  version: number;
  fence: number;
  run_id: string | null;
  run_fence: number | null;
  status: string;
  tasks: Record<string, number>;
  deadline: string | null;
  autonomous: boolean;
}

/** Which end of the mission service's behaviour a spec needs: it speaks on the real bus, grants, fences and settles; and changes when told. */
export class Missions {
  readonly all = new Map<string, Mission>();
  readonly settled: { run_id: string; status: string; pause: boolean; error: string }[] = [];
  /** Publishes what granting and settling change, as the service does. */
  telling = true;
  /** What the context of a mission says beside its own, by the mission's id. */
  readonly contextual = new Map<string, object>();
  /** Of the mission service's: a mission whose id is here is granted no run. */
  readonly refusing = new Set<string>();
  readonly bus: Bus;

  private constructor(bus: Bus) {
    this.bus = bus;
  }

  static async start(natsUrl: string): Promise<Missions> {
    const bus = await connectBus({
      servers: natsUrl,
      name: 'mission',
      logger: createLogger({ service: 'mission', level: 'silent' }),
    });
    const missions = new Missions(bus);
    await bus.ensureStreams(['MISSION', 'SCHEDULER']);
    await bus.serve('mission', [
      endpoint(grantRun, ({ input }) => missions.grant(input)),
      endpoint(settleRun, ({ input }) => missions.settle(input)),
    ]);
    await bus.flush();
    return missions;
  }

  make(over: Partial<Mission> = {}): Mission {
    const fields = {
      customer_id: 'acme',
      user_id: 'ann',
      version: 1,
      fence: 0,
      run_id: null,
      run_fence: null,
      status: 'active',
      tasks: { ready: 1 },
      deadline: null,
      autonomous: true,
    };
    const mission: Mission = { id: newId(), ...fields, ...over };
    this.all.set(mission.id, mission);
    return mission;
  }

  /** Somebody else than a run creates or changes it. */
  async tell(mission: Mission, change: Partial<Mission> = {}): Promise<EventEnvelope> {
    Object.assign(mission, change, { version: mission.version + 1 });
    const event = eventOf(mission, { by_run: false });
    await this.#publish(event);
    return event;
  }

  /** The current run changes it. */
  async write(mission: Mission): Promise<void> {
    mission.version++;
    await this.#publish(eventOf(mission, { by_run: true }));
  }

  async erase(mission: Mission): Promise<void> {
    this.all.delete(mission.id);
    const { customer_id, user_id, id: mission_id, version } = mission;
    await this.#publish({
      ...eventOf(mission, { by_run: false }),
      type: missionErased,
      version: version + 1,
      data: { customer_id, user_id, mission_id, version: version + 1, index: 0 },
    });
  }

  async grant({ mission_id, run_id }: { mission_id: string; run_id: string }): Promise<{ body: object }> {
    const mission = this.all.get(mission_id);
    if (!mission) throw new Problem('MISSION_NOT_FOUND', 'gone');
    if (mission.status === 'paused' || this.refusing.has(mission_id))
      throw new Problem('INVALID_TRANSITION', 'The mission is not to be run.');
    mission.version++;
    mission.fence++;
    Object.assign(mission, { run_id, run_fence: mission.fence });
    if (this.telling) await this.#publish(eventOf(mission, { by_run: true, event_type: 'run_started' }));
    return { body: { fence: mission.fence, context: { ...contextOf(mission), ...this.contextual.get(mission_id) } } };
  }

  async settle({
    mission_id,
    run_id,
    fence,
    status,
    error,
    pause,
  }: {
    mission_id: string;
    run_id: string;
    fence: number;
    status: string;
    error: string;
    pause: boolean;
  }): Promise<{ body: object }> {
    const mission = this.all.get(mission_id);
    if (mission?.run_id !== run_id || mission.run_fence !== fence)
      throw new Problem('LEASE_LOST', 'not the current run');
    mission.version++;
    mission.fence++;
    Object.assign(mission, { run_id: null, run_fence: null, ...(pause && { status: 'paused' }) });
    this.settled.push({ run_id, status, pause, error });
    if (this.telling)
      await this.#publish(
        eventOf(mission, { by_run: true, event_type: 'run_finished', content: error, metadata: { run_id, status } }),
      );
    return { body: { fence: mission.fence, version: mission.version } };
  }

  /** As the service's outbox does: until it is stored. */
  #publish(event: EventEnvelope): Promise<unknown> {
    return waitUntil(() => this.bus.publish(event), { withinMs: 30_000, everyMs: 50, what: 'a publication' });
  }

  close(): Promise<void> {
    return this.bus.drain();
  }
}

export function eventOf(mission: Mission, about: Record<string, unknown>): EventEnvelope {
  const { id: mission_id, customer_id, user_id, version } = mission;
  const state = {
    status: mission.status,
    can_run_autonomously: mission.autonomous,
    deleted: false,
    life_deadline_at: mission.deadline,
    fence: mission.fence,
    run_id: mission.run_id,
    task_counts: mission.tasks,
  };
  const scope = { customer_id, user_id, mission_id, version, index: 0 };
  const data = { ...scope, metadata: {}, ...about, mission: state };
  return {
    id: newId(),
    type: 'mission.updated',
    source: '/services/mission',
    time: '2026-01-02T03:04:05.678Z',
    ...scope,
    data,
  };
}

const contextOf = ({ id, version }: Mission): object => ({ mission: { id, version }, tasks: [], brief: '' });
