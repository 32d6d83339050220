import type { Phase, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';

/**
 * The two tables of specification section 4, as data. Whatever they do not list is refused.
 *
 *     planning ──execute──▶ executing ──complete──▶ completed
 *        ▲  ╲               │  ▲   ╲
 *        │   block     block│  │unblock ╲──fail──▶ failed
 *        │     ╲            ▼  │                    │
 *        │      ╰────────▶ waiting                  │
 *        ╰───────────── replan ◀────────────────────╯   (retry leads from failed to executing)
 *
 * Pause and cancel are flags above the phase and leave it as it is.
 */
export type MissionStep =
  'execute' | 'block' | 'replan' | 'complete' | 'fail' | 'retry' | 'pause' | 'unpause' | 'cancel';

export const missionSteps: Record<MissionStep, readonly Phase[]> = {
  execute: ['planning'],
  block: ['planning', 'executing', 'waiting'],
  replan: ['executing', 'waiting', 'failed'],
  complete: ['planning', 'executing', 'waiting'],
  fail: ['planning', 'executing', 'waiting'],
  retry: ['executing', 'waiting', 'failed'],
  pause: ['planning', 'executing', 'waiting'],
  unpause: ['planning', 'executing', 'waiting'],
  cancel: ['planning', 'executing', 'waiting', 'failed'],
};

/** Steps that the engine takes between task statuses, whoever causes them. */
export const taskSteps: Record<TaskStatus, readonly TaskStatus[]> = {
  pending: ['ready', 'skipped'],
  ready: ['pending', 'in_progress', 'skipped'],
  in_progress: ['waiting_human', 'waiting_external', 'blocked', 'completed', 'failed', 'skipped', 'ready'],
  waiting_human: ['in_progress', 'failed', 'ready', 'skipped'],
  waiting_external: ['in_progress', 'completed', 'failed', 'ready', 'skipped'],
  blocked: ['in_progress', 'completed', 'failed', 'ready', 'skipped'],
  completed: [],
  failed: ['ready', 'skipped'],
  skipped: [],
};

/**
 * What a caller may ask for by naming a status. Narrower than the table above where the system alone decides (readiness, the answer to
 * a question, replanning), and wider in one respect: a ready task may be completed or start to wait in one command, through `in_progress`.
 */
export const askableTaskSteps: Record<TaskStatus, readonly TaskStatus[]> = {
  pending: ['skipped'],
  ready: ['in_progress', 'waiting_external', 'blocked', 'completed', 'skipped'],
  in_progress: ['waiting_external', 'blocked', 'completed', 'failed', 'skipped'],
  waiting_human: ['failed', 'skipped'],
  waiting_external: ['in_progress', 'completed', 'failed', 'skipped'],
  blocked: ['in_progress', 'completed', 'failed', 'skipped'],
  completed: [],
  failed: ['ready', 'skipped'],
  skipped: [],
};
