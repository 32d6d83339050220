import type { TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import type { Actor } from '../decision.ts';
import { type Blocker, byOrder, type Mission, type Task, type Wait } from '../state.ts';

/** When samples came to be, and when the command under test arrives. */
export const BEFORE = '2026-03-02T09:00:00.000Z';
export const NOW = '2026-03-02T12:00:00.000Z';
export const hoursFromNow = (hours: number): string =>
  new Date(new Date(NOW).getTime() + hours * 3_600_000).toISOString();

export const agent: Actor = { kind: 'agent', agent_id: 'assistant', conversation_id: 'conversation-b' };
export const user: Actor = { kind: 'user', agent_id: null, conversation_id: '' };
export const system: Actor = { kind: 'system', agent_id: null, conversation_id: '' };

/** `waits`: keys of its open blockers; a waiting task has one that fits its status unless it says otherwise. */
export type TaskSample =
  TaskStatus | (Partial<Task> & { readonly status: TaskStatus; readonly waits?: readonly string[] });
export interface MissionSample extends Partial<Omit<Mission, 'tasks' | 'blockers'>> {
  /** By name, which is the task's id and title, in order. */
  readonly tasks?: Readonly<Record<string, TaskSample>>;
  /** Keys of open blockers of the whole mission. */
  readonly waits?: readonly string[];
}

/**
 * A mission as it could stand in the database: phase, blockers and what the tasks say of them agree, unless the sample
 * overrides them. Only what a test is about has to be written.
 */
export function aMission({ tasks: samples = {}, waits = [], ...fields }: MissionSample = {}): Mission {
  const tasks = Object.entries(samples).map(([name, sample], index) => aTask(name, index + 1, sample));
  const blockers = [
    ...Object.entries(samples).flatMap(([name, sample]) => waitsOf(name, sample).map((key) => aBlocker(key, name))),
    ...waits.map((key) => aBlocker(key, null)),
  ];
  const begun = tasks.some((task) => task.status !== 'pending' && task.status !== 'ready');
  const base = begun ? 'executing' : 'planning';
  const phase = fields.phase ?? (blockers.length > 0 ? 'waiting' : base);
  const closed = fields.cancelled === true || phase === 'completed' || phase === 'failed';
  return {
    id: 'mission',
    customer_id: 'acme',
    user_id: 'ada',
    title: 'Meeting about the Q1 budget',
    description: '',
    created_by_agent_id: 'assistant',
    origin_conversation_id: 'conversation-a',
    phase,
    return_phase: phase === 'waiting' ? base : null,
    paused_by: null,
    cancelled: false,
    priority: 'normal',
    due_at: null,
    completed_at: closed ? BEFORE : null,
    outcome: closed ? outcomes[fields.cancelled ? 'cancelled' : phase === 'failed' ? 'failed' : 'completed'] : null,
    summary: '',
    details: {},
    can_run_autonomously: false,
    last_autonomous_check: null,
    max_lifetime_hours: 168,
    last_user_engagement_at: null,
    stale_notified_at: null,
    grace_period_ends_at: null,
    unanswered_at: null,
    concerns: [],
    budget: null,
    deleted_at: null,
    deletion: null,
    mailed: false,
    metadata: {},
    version: 3,
    fence: 0,
    run_id: null,
    run_fence: null,
    last_sequence: 10,
    created_at: BEFORE,
    updated_at: BEFORE,
    tasks: tasks.toSorted(byOrder),
    blockers,
    ...fields,
  };
}

const outcomes = { completed: 'success', failed: 'failed', cancelled: 'cancelled' } as const;

/** A wait as the domain keeps it, with the defaults of the specification. */
export const aWait = (fields: Partial<Wait> = {}): Wait => ({
  kind: 'email_reply',
  reference: 'sarah',
  timeout_hours: 24,
  until: 'all',
  on_signal: 'complete',
  on_timeout: 'fail',
  accept_after: null,
  reason: '',
  ...fields,
});

const ended = new Set<TaskStatus>(['completed', 'failed', 'skipped']);
const begun = new Set<TaskStatus>([
  'in_progress',
  'waiting_human',
  'waiting_external',
  'blocked',
  'completed',
  'failed',
]);

function aTask(name: string, order: number, sample: TaskSample): Task {
  const keys = waitsOf(name, sample);
  const { waits: _, ...fields } = typeof sample === 'string' ? { status: sample, waits: [] } : sample;
  return {
    id: name,
    title: name,
    description: '',
    order,
    depends_on: [],
    blocked_by: keys[0] ?? '',
    blocked_reason: '',
    timeout_at: keys.map(deadlineOf).find((at) => at !== null) ?? null,
    result: {},
    error: '',
    attempt: 1,
    wait_for: null,
    started_at: begun.has(fields.status) ? BEFORE : null,
    completed_at: ended.has(fields.status) ? BEFORE : null,
    created_at: BEFORE,
    updated_at: BEFORE,
    ...fields,
  };
}

const keyFor: Partial<Record<TaskStatus, string>> = {
  waiting_human: 'human_input:',
  waiting_external: 'email_reply:',
  blocked: 'manual:',
};

function waitsOf(name: string, sample: TaskSample): readonly string[] {
  const status = typeof sample === 'string' ? sample : sample.status;
  const prefix = keyFor[status];
  return (typeof sample === 'string' ? undefined : sample.waits) ?? (prefix === undefined ? [] : [prefix + name]);
}

const deadlineOf = (key: string): string | null =>
  key.startsWith('manual:') ? null : new Date(new Date(BEFORE).getTime() + 86_400_000).toISOString();

const aBlocker = (key: string, task_id: string | null): Blocker => ({
  id: `blocker ${key} of ${task_id ?? 'the mission'}`,
  task_id,
  key,
  kind: key.split(':')[0] as Blocker['kind'],
  reason: '',
  until: 'all',
  on_signal: 'resume',
  on_timeout: 'fail',
  opened_at: BEFORE,
  timeout_at: deadlineOf(key),
  accept_after: null,
  resolved_at: null,
  resolution: null,
});
