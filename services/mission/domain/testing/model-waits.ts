import type { ErrorCode } from '@missions/contracts/errors.ts';
import type { TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import type { Model, ModelTask, ModelWait } from './model.ts';

/** The waits of the model: how they open and end, and how a task or the whole mission goes on afterwards. */

/** Thrown where the model refuses a command; `interpret` turns it into a verdict. */
export class ModelRefusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

export const WAITING: readonly TaskStatus[] = ['waiting_human', 'waiting_external', 'blocked'];

export function find(m: Model, title: string): ModelTask {
  const found = m.tasks.find((task) => task.title === title);
  if (!found) throw new ModelRefusal('TASK_NOT_FOUND');
  return found;
}

export const isQuestion = (wait: ModelWait): boolean => wait.key.startsWith('human_input:');

const waitingStatus = (key: string): TaskStatus =>
  key.startsWith('human_input:')
    ? 'waiting_human'
    : key.startsWith('manual:') || key.startsWith('mission:')
      ? 'blocked'
      : 'waiting_external';

/** `to`: the status that was sent along with the key. */
export function toWait(m: Model, task: ModelTask, key: string, to: TaskStatus | undefined): void {
  const waits = WAITING.includes(task.status);
  const able = waits || task.status === 'ready' || task.status === 'in_progress';
  if (to !== undefined && to !== task.status) {
    if (to !== 'waiting_external' && to !== 'blocked') throw new ModelRefusal('VALIDATION_FAILED');
    if (waits || !able) throw new ModelRefusal('INVALID_TRANSITION');
  }
  if ((to === 'waiting_external' || to === 'blocked') && waitingStatus(key) !== to)
    throw new ModelRefusal('VALIDATION_FAILED');
  if (!able) throw new ModelRefusal('INVALID_TRANSITION');
  open(m, { task: task.title, key, completes: false, any: false, fails: true });
}

/**
 * Requests input or a reply to an e-mail: only a task that is ready, in progress or waiting can begin to wait for
 * either.
 */
export function begin(m: Model, wait: ModelWait): void {
  const status = wait.task === null ? null : find(m, wait.task).status;
  if (status !== null && status !== 'ready' && status !== 'in_progress' && !WAITING.includes(status))
    throw new ModelRefusal('INVALID_TRANSITION');
  open(m, wait);
}

export function timeOut(m: Model, wait: ModelWait | undefined): void {
  if (!wait) return;
  if (wait.task === null || !wait.fails) return release(m, wait, false);
  m.waits = m.waits.filter((one) => one.task !== wait.task);
  find(m, wait.task).status = 'failed';
}

export function open(m: Model, wait: ModelWait): void {
  if (m.waits.some((one) => one.task === wait.task && one.key === wait.key)) return;
  m.waits.push(wait);
  if (wait.task === null) return;
  m.base = 'executing';
  const task = find(m, wait.task);
  if (!WAITING.includes(task.status)) task.status = waitingStatus(wait.key);
}

export function release(m: Model, wait: ModelWait, bySignal: boolean): void {
  m.waits = m.waits.filter((one) => one !== wait);
  if (wait.task === null || m.waits.some((one) => one.task === wait.task)) return;
  find(m, wait.task).status = bySignal && wait.completes ? 'completed' : 'in_progress';
}

export function signal(m: Model, index: number, final: boolean): void {
  const wait = m.waits[index];
  if (wait && (final || wait.any)) release(m, wait, true);
}
