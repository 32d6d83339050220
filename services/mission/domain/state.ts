import type { Proposal, urgencies } from '@missions/contracts/approval/input-request.ts';
import type { TaskClaim } from '@missions/contracts/mission/claims.ts';
import type {
  BlockerKind,
  MissionStatus,
  Outcome,
  Pauser,
  Phase,
  Priority,
  TaskStatus,
} from '@missions/contracts/mission/vocabulary.ts';

/**
 * A mission with its tasks and blockers: the consistency boundary (specification section 2). A field has the same name
 * here, on the wire and in its column. Times are RFC 3339 in UTC with milliseconds, so that they compare as text.
 */
export interface Mission {
  readonly id: string;
  readonly customer_id: string;
  readonly user_id: string;
  readonly title: string;
  readonly description: string;
  readonly created_by_agent_id: string | null;
  readonly origin_conversation_id: string;
  /**
   * The state of the mission's state machine. The public `status` follows from phase, `paused_by` and `cancelled`
   * (specification section 4.1).
   */
  readonly phase: Phase;
  /** The phase that follows when the last blocker ends; set while the phase is `waiting`. */
  readonly return_phase: 'planning' | 'executing' | null;
  readonly paused_by: Pauser | null;
  readonly cancelled: boolean;
  readonly priority: Priority;
  readonly due_at: string | null;
  readonly completed_at: string | null;
  readonly outcome: Outcome | null;
  readonly summary: string;
  readonly details: Json;
  readonly can_run_autonomously: boolean;
  readonly last_autonomous_check: string | null;
  readonly max_lifetime_hours: number;
  readonly last_user_engagement_at: string | null;
  readonly stale_notified_at: string | null;
  readonly grace_period_ends_at: string | null;
  /** When a wait of the whole mission ended without a result; reset when the user acts or input is requested again. */
  readonly unanswered_at: string | null;
  /** Oldest first: see `concerns.ts`. */
  readonly concerns: readonly Concern[];
  /** What the scheduler said last of its budget; null if it never said anything. */
  readonly budget: Budget | null;
  readonly deleted_at: string | null;
  /** The phase and the open tasks before the deletion, so that `restore` can open them again. */
  readonly deletion: { readonly phase: Phase; readonly tasks: Readonly<Record<string, TaskStatus>> } | null;
  /** Whether an e-mail was ever sent for the mission: if so, the email-bridge has data about the mission. */
  readonly mailed: boolean;
  readonly metadata: Json;
  readonly version: number;
  /** Grows with each claim of the mission and with each event that must end one (specification section 8). */
  readonly fence: number;
  /** The current run, and the fence it was granted under; null between runs. */
  readonly run_id: string | null;
  readonly run_fence: number | null;
  /** The `sequence` of the newest history entry. */
  readonly last_sequence: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** In `order`, ties broken by id. */
  readonly tasks: readonly Task[];
  /** Open blockers, oldest first, and the blockers that the current command has ended. */
  readonly blockers: readonly Blocker[];
}

/** `until`: when a spent budget renews; null if it lets runs go. `since`: when it was first said to be spent. */
export interface Budget {
  readonly revision: number;
  readonly until: string | null;
  readonly since: string;
}

/** What went wrong outside, until somebody does something about it. */
export interface Concern {
  readonly kind: 'unanswered' | 'bounced';
  /** The question, or the e-mail. */
  readonly reference: string;
  readonly task_id: string | null;
  readonly summary: string;
  readonly agent_id: string | null;
  readonly since: string;
}

export type Json = Readonly<Record<string, unknown>>;

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly order: number;
  readonly status: TaskStatus;
  readonly depends_on: readonly string[];
  readonly blocked_by: string;
  readonly blocked_reason: string;
  readonly timeout_at: string | null;
  readonly result: Json;
  readonly error: string;
  readonly attempt: number;
  /** Present on a task that only waits; the wait opens when the dependencies of the task are met. */
  readonly wait_for: Wait | null;
  /** Who works on it in a conversation; a claim of which the time is past holds nobody back. */
  readonly claim?: TaskClaim | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A wait as the caller requested it, with every default filled in. */
export interface Wait {
  readonly kind: BlockerKind;
  readonly reference: string;
  /** null: it has no deadline of its own, because it is one of several of which another ends by a time. */
  readonly timeout_hours: number | null;
  readonly until: 'all' | 'any';
  readonly on_signal: 'resume' | 'complete';
  readonly on_timeout: 'fail' | 'resume';
  readonly accept_after: string | null;
  readonly reason: string;
  /** Further waits that open with this one. */
  readonly others?: readonly Wait[];
  /** Whether the first of them that ends closes the others. */
  readonly first_ends?: boolean;
}

/** What is kept of a question beside its wait. */
export interface AskedBlocker {
  readonly urgency: (typeof urgencies)[number];
  readonly agent_id: string | null;
  /** Further people in whose inbox it stands, from a time on or at once. */
  readonly others?: readonly { readonly user_id: string; readonly from: string | null }[];
  /** Those of several who have approved, and on behalf of whom. */
  readonly approved?: readonly string[];
}

export interface Blocker {
  readonly id: string;
  /** null: the whole mission waits. */
  readonly task_id: string | null;
  /** `kind:reference`. */
  readonly key: string;
  readonly kind: BlockerKind;
  readonly reason: string;
  readonly until: 'all' | 'any';
  readonly on_signal: 'resume' | 'complete';
  readonly on_timeout: 'fail' | 'resume';
  readonly opened_at: string;
  readonly timeout_at: string | null;
  /** The wait accepts signals stored since this time; null: since the mission was created. */
  readonly accept_after: string | null;
  /** What the question of a `human_input` wait proposes for the mission. */
  readonly proposes?: Proposal | null;
  /** Of a `human_input` wait; absent if an older version asked. */
  readonly asked?: AskedBlocker | null;
  /** Shared by the waits of which the first that ends closes the others. */
  readonly any_of?: string | null;
  /** `ready`: nobody had started the task when the question opened this wait. */
  readonly task_was?: 'ready' | null;
  readonly resolved_at: string | null;
  readonly resolution: Json | null;
}

export const statusOf = (mission: Pick<Mission, 'phase' | 'paused_by' | 'cancelled'>): MissionStatus => {
  if (mission.cancelled) return 'cancelled';
  if (mission.phase === 'completed' || mission.phase === 'failed') return mission.phase;
  if (mission.paused_by) return 'paused';
  return mission.phase === 'waiting' ? 'waiting' : 'active';
};

/** Whether the mission has ended. A failed mission can still be replanned, retried or cancelled (`missionSteps`). */
export const isClosed = (mission: Mission): boolean =>
  mission.cancelled || mission.phase === 'completed' || mission.phase === 'failed';

const waitingStatuses: readonly TaskStatus[] = ['waiting_human', 'waiting_external', 'blocked'];
const endedStatuses: readonly TaskStatus[] = ['completed', 'failed', 'skipped'];

export const isWaiting = (task: Task): boolean => waitingStatuses.includes(task.status);
export const isOpen = (task: Task): boolean => !endedStatuses.includes(task.status);

export const openBlockers = (mission: Pick<Mission, 'blockers'>): readonly Blocker[] =>
  mission.blockers.filter((blocker) => blocker.resolved_at === null);

/** A question of the whole mission is open: until the user responds, nobody works on it. */
export const waitsForUser = (mission: Pick<Mission, 'blockers'>): boolean =>
  openBlockers(mission).some(({ task_id, kind }) => task_id === null && kind === 'human_input');

/** A dependency is met when its task was completed or skipped. */
export const isMet = (task: Task): boolean => task.status === 'completed' || task.status === 'skipped';

export const byOrder = (a: Task, b: Task): number => a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export function taskCounts(tasks: readonly Task[]): Record<TaskStatus, number> {
  const counts = {
    pending: 0,
    ready: 0,
    in_progress: 0,
    waiting_human: 0,
    waiting_external: 0,
    blocked: 0,
    completed: 0,
    failed: 0,
    skipped: 0,
  };
  for (const task of tasks) counts[task.status] += 1;
  return counts;
}
