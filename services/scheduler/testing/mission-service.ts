import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import type { Priority, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import { grantRun, settleRun } from '@missions/contracts/scheduler/runs.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { standingInFor } from '@missions/test-support/caller-keys.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

/** The part of a mission that decides about runs. */
export interface FakeMission {
  readonly id: string;
  customer_id: string;
  user_id: string;
  version: number;
  fence: number;
  run_id: string | null;
  run_fence: number | null;
  status: string;
  tasks: Partial<Record<TaskStatus, number>>;
  waits_for_user: boolean;
  priority: Priority;
  deadline: string | null;
  autonomous: boolean;
}

/**
 * Stands for the mission service on the real bus: it grants runs, fences and settles them, and publishes the events of
 * missions that a spec changes.
 */
export class FakeMissionService {
  readonly all = new Map<string, FakeMission>();
  readonly settled: { run_id: string; status: string; pause: boolean; error: string }[] = [];
  /** Whether granting and settling publish their events, as the mission service does. */
  publishesRunEvents = true;
  /** Members that the resume context of a mission has in addition, by mission id. */
  readonly contextMembers = new Map<string, object>();
  /** Ids of missions that are granted no run. */
  readonly refused = new Set<string>();
  /** Settlements get no answer that helps, as while the mission service restarts. */
  silent = false;
  unanswered = 0;
  readonly bus: Bus;

  private constructor(bus: Bus) {
    this.bus = bus;
  }

  static async start(natsUrl: string): Promise<FakeMissionService> {
    const bus = await connectBus({
      servers: natsUrl,
      name: 'mission',
      logger: createLogger({ service: 'mission', level: 'silent' }),
      callerKeys: standingInFor('mission'),
    });
    const missions = new FakeMissionService(bus);
    await bus.serve('mission', [
      endpoint(grantRun, ({ input }) => missions.grant(input)),
      endpoint(settleRun, ({ input }) => missions.settle(input)),
    ]);
    await bus.flush();
    return missions;
  }

  /** Does not publish an event; see `change`. */
  create(overrides: Partial<FakeMission> = {}): FakeMission {
    const fields = {
      customer_id: 'acme',
      user_id: 'ann',
      version: 1,
      fence: 0,
      run_id: null,
      run_fence: null,
      status: 'active',
      tasks: { ready: 1 },
      waits_for_user: false,
      priority: 'normal' as const,
      deadline: null,
      autonomous: true,
    };
    const mission: FakeMission = { id: newId(), ...fields, ...overrides };
    this.all.set(mission.id, mission);
    return mission;
  }

  /** A caller other than a run creates or changes the mission. */
  async change(
    mission: FakeMission,
    members: Partial<FakeMission> = {},
    about: Record<string, unknown> = {},
  ): Promise<EventEnvelope> {
    Object.assign(mission, members, { version: mission.version + 1 });
    const event = eventOf(mission, { by_run: false, ...about });
    await this.#publish(event);
    return event;
  }

  /** The mission's current run changes the mission. */
  async changeByRun(mission: FakeMission, members: Partial<FakeMission> = {}): Promise<void> {
    Object.assign(mission, members, { version: mission.version + 1 });
    await this.#publish(eventOf(mission, { by_run: true }));
  }

  async erase(mission: FakeMission): Promise<void> {
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
    if (mission.status === 'paused' || this.refused.has(mission_id))
      throw new Problem('INVALID_TRANSITION', 'The mission is not to be run.');
    mission.version++;
    mission.fence++;
    Object.assign(mission, { run_id, run_fence: mission.fence });
    if (this.publishesRunEvents) await this.#publish(eventOf(mission, { by_run: true, event_type: 'run_started' }));
    return {
      body: { fence: mission.fence, context: { ...contextOf(mission), ...this.contextMembers.get(mission_id) } },
    };
  }

  async settle({
    mission_id,
    run_id,
    fence,
    status,
    error,
    pause,
    again,
  }: {
    mission_id: string;
    run_id: string;
    fence: number;
    status: string;
    error: string;
    pause: boolean;
    again?: boolean;
  }): Promise<{ body: object }> {
    if (this.silent) {
      this.unanswered++;
      throw new Problem('UNAVAILABLE', 'restarting');
    }
    const mission = this.all.get(mission_id);
    if (mission?.run_id !== run_id || mission.run_fence !== fence)
      throw new Problem('LEASE_LOST', 'not the current run');
    mission.version++;
    mission.fence++;
    Object.assign(mission, { run_id: null, run_fence: null, ...(pause && { status: 'paused' }) });
    this.settled.push({ run_id, status, pause, error });
    if (this.publishesRunEvents)
      await this.#publish(
        eventOf(mission, {
          by_run: true,
          event_type: 'run_finished',
          content: error,
          metadata: { run_id, status, ...(again && { again }) },
        }),
      );
    return { body: { fence: mission.fence, version: mission.version, task_counts: mission.tasks } };
  }

  /** Tries until the event is stored, as an outbox relay does. */
  #publish(event: EventEnvelope): Promise<unknown> {
    return waitUntil(() => this.bus.publish(event), { everyMs: 50, what: 'a publication' });
  }

  close(): Promise<void> {
    return this.bus.drain();
  }
}

export function eventOf(mission: FakeMission, about: Record<string, unknown>): EventEnvelope {
  const { id: mission_id, customer_id, user_id, version } = mission;
  const state = {
    status: mission.status,
    can_run_autonomously: mission.autonomous,
    deleted: false,
    life_deadline_at: mission.deadline,
    fence: mission.fence,
    run_id: mission.run_id,
    waits_for_user: mission.waits_for_user,
    priority: mission.priority,
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

const contextOf = ({ id, version, tasks }: FakeMission): object => ({
  mission: { id, version, task_counts: tasks },
  tasks: [],
  brief: '',
});
