import type { MissionPatch, TaskPatch } from '@missions/contracts/mission/bodies.ts';
import type { Step } from './mission-table.ts';
import type { Status } from './task-table.ts';

/**
 * How a step is asked for, as the body of a PATCH (specification section 5). A retry is asked of a task: `retryBody`.
 */
export const missionBodies: Record<Exclude<Step, 'retry'>, MissionPatch> = {
  execute: { phase: 'executing' },
  block: { status: 'waiting', blocked_by: 'webhook:payment' },
  unblock: { blocked_by: '' },
  replan: { phase: 'planning' },
  complete: { status: 'completed' },
  fail: { status: 'failed' },
  pause: { status: 'paused' },
  unpause: { status: 'active' },
  cancel: { status: 'cancelled' },
};

export const retryBody: TaskPatch = { status: 'ready' };

/** The shortest way to ask for a task's status by its name. */
export function taskBody(to: Status): TaskPatch {
  if (to === 'waiting_external') return { status: to, blocked_by: 'webhook:delivery' };
  if (to === 'blocked') return { status: to, blocked_by: 'manual:a decision' };
  return { status: to };
}
