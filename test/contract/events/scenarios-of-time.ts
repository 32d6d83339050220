import { ensureInputRequest } from '@missions/contracts/approval/requests.ts';
import type { EventSubject } from '@missions/contracts/events.ts';
import { type FormerTimerSet, formerTimerSetSubject } from '@missions/contracts/scheduler/former-timers.ts';
import { type TimerFired, timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { restoreMission } from '@missions/contracts/mission/requests.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Api } from '@missions/test-support/api.ts';
import { question } from './scenarios.ts';

/**
 * Scenarios that need more than the gateway: instead of waiting for weeks, a test moves a mission's times into the past
 * and publishes that its timer is due.
 */
export interface Stage {
  readonly api: Api;
  readonly bus: Bus;
  readonly customer: string;
  /** The data of the newest event of that kind of a mission, once it is published. */
  published(type: EventSubject, missionId: string): Promise<any>;
  /** Moves all times of a mission into the past, in its own service's database. */
  age(missionId: string, byMs: number): Promise<void>;
}

/**
 * A wait and a question that time out. A caller may ask for a minute at least, so the question is handed to its
 * service as the mission service would.
 */
export async function late({ api, bus, customer }: Stage): Promise<string> {
  const { id } = await api.mission({
    title: 'Wait for nothing',
    tasks: [{ title: 'A call back', wait_for: { kind: 'webhook', timeout_hours: 0.0001 } }],
  });
  const now = Date.now();
  const asked = {
    id: newId(),
    customer_id: customer,
    user_id: 'ada',
    mission_id: id,
    task_id: null,
    conversation_id: 'conv-A',
    ...question,
    allow_freeform: true,
    urgency: 'normal',
    default_option: null,
    created_at: new Date(now).toISOString(),
    remind_at: new Date(now + 300).toISOString(),
    expires_at: new Date(now + 1_500).toISOString(),
  } as const;
  const caller = {
    kind: 'service',
    credential: 'stories',
    customer_id: customer,
    user_id: 'ada',
    agent_id: null,
  } as const;
  await bus.request(ensureInputRequest, { caller, input: { ...asked, options: [...asked.options] } });
  return id;
}

/** A timer of the owner that sets none today: as an earlier version would have. */
export async function timerOfScheduler({ bus, customer }: Stage, missionId: string): Promise<void> {
  const scope = { customer_id: customer, user_id: 'ada', mission_id: missionId };
  const time = new Date().toISOString();
  const data: FormerTimerSet = {
    ...scope,
    owner: 'scheduler',
    key: 'a story',
    revision: 1,
    fire_at: time,
    payload: { of: 'a story' },
  };
  await bus.publish({
    ...scope,
    id: newId(),
    type: formerTimerSetSubject,
    source: '/services/scheduler',
    time,
    version: 1,
    index: 0,
    data,
  });
}

/** A mission that is untouched for its lifetime, is deleted and is restored. */
export async function restored(stage: Stage): Promise<string> {
  const { id } = await forgotten(stage);
  const caller = {
    kind: 'user',
    credential: 'stories',
    customer_id: stage.customer,
    user_id: 'ada',
    agent_id: null,
  } as const;
  await stage.bus.request(restoreMission, { caller, input: { mission_id: id } });
  return id;
}

/** A mission that is untouched for its lifetime, is deleted and is erased after thirty days. */
export async function erased(stage: Stage): Promise<string> {
  const { id, restorable_until } = await forgotten(stage);
  await ages(stage, id, restorable_until);
  return id;
}

const HOUR = 3_600_000;

async function forgotten(stage: Stage): Promise<{ id: string; restorable_until: string }> {
  const { id, created_at, max_lifetime_hours } = await stage.api.mission({
    title: 'Learn to juggle',
    tasks: [{ title: 'Buy three balls' }],
  });
  await ages(stage, id, new Date(new Date(created_at).getTime() + max_lifetime_hours * HOUR).toISOString());
  const { metadata: stale } = await stage.published('mission.stale', id);
  await ages(stage, id, stale.grace_period_ends_at);
  const { metadata: deleted } = await stage.published('mission.deleted', id);
  return { id, restorable_until: deleted.restorable_until };
}

/** Moves the mission so far into the past that its deadline has just come, and publishes that its timer is due. */
async function ages({ bus, customer, age }: Stage, missionId: string, until: string): Promise<void> {
  const byMs = Math.max(0, new Date(until).getTime() - Date.now()) + 1_000;
  await age(missionId, byMs);
  const deadline = new Date(new Date(until).getTime() - byMs).toISOString();
  const scope = { customer_id: customer, user_id: 'ada', mission_id: missionId };
  const data: TimerFired = {
    ...scope,
    owner: 'mission',
    key: `life:${missionId}`,
    revision: 1,
    fire_at: deadline,
    fired_at: deadline,
    payload: { life: true },
  };
  await bus.publish({
    ...scope,
    id: newId(),
    type: timerSubject('mission'),
    source: '/services/scheduler',
    time: deadline,
    version: 1,
    index: 0,
    data,
  });
}
