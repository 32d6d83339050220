import type { ErrorCode } from '@missions/contracts/errors.ts';
import type { Pauser, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import {
  type MissionStep,
  type Model,
  type ModelTask,
  type ModelWait,
  phaseOf,
  type Play,
  type Verdict,
} from './model.ts';

/** Inside the model a refusal leaves at once; `play` turns it into a verdict. */
class No extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** What the play does; a play that is refused leaves the model as it was. */
export function interpret(m: Model, what: Play): Verdict {
  const before = JSON.stringify(m);
  try {
    act(m, what);
    if (!isClosed(m)) settle(m);
  } catch (error) {
    Object.assign(m, JSON.parse(before));
    if (error instanceof No) return error.code;
    throw error;
  }
  return JSON.stringify(m) === before ? 'ignored' : 'moved';
}

const isClosed = (m: Model): boolean => m.cancelled !== null || m.end !== null;
const WAITING: readonly TaskStatus[] = ['waiting_human', 'waiting_external', 'blocked'];
const isOpen = (task: ModelTask): boolean => !['completed', 'failed', 'skipped'].includes(task.status);

function act(m: Model, what: Play): void {
  switch (what.do) {
    case 'log':
      m.said += 1;
      return;
    case 'resume':
      if (isClosed(m)) return;
      if (m.paused === 'agent') m.paused = null;
      m.said += 1;
      return;
    case 'rename':
      if (m.title === what.title) return;
      break;
    case 'mission':
      return step(m, what.step, what.by);
    case 'signal':
      return signal(m, what.wait, what.final);
    case 'answer':
      if (m.waits[what.wait]) release(m, m.waits[what.wait] as ModelWait, false);
      return;
    case 'timeOut':
      return timeOut(m, m.waits[what.wait]);
    case 'unreachable':
      m.said += 1;
      for (const wait of m.waits.filter((one) => one.key === m.waits[what.wait]?.key))
        if (m.waits.includes(wait)) timeOut(m, wait);
      return;
    case 'retryAll':
      return retry(
        m,
        m.tasks.filter((task) => task.status === 'failed'),
      );
    case 'status':
    case 'free':
      if (what.to === 'ready' && find(m, what.task).status === 'failed') return retry(m, [find(m, what.task)]);
      break;
    default:
  }
  if (isClosed(m)) throw new No('MISSION_CLOSED');
  switch (what.do) {
    case 'rename':
      m.title = what.title;
      return;
    case 'add':
      return add(m, what.tasks);
    case 'waitAll':
      return open(m, { task: null, key: what.key, completes: false, any: false, fails: true });
    case 'ask':
      return begin(m, {
        task: what.task,
        key: `human_input:${what.question}`,
        completes: false,
        any: false,
        fails: what.fails,
      });
    case 'mail':
      return begin(m, {
        task: what.task,
        key: `email_reply:${what.mail}`,
        completes: false,
        any: what.any,
        fails: what.fails,
      });
    case 'received': {
      const outside = m.waits.filter((wait) => wait.task === what.task && !isQuestion(wait));
      if (outside.length === 0) throw new No('INVALID_TRANSITION');
      for (const wait of outside) release(m, wait, true);
      return;
    }
    case 'freeAll':
      m.waits = m.waits.filter((wait) => wait.task !== null || isQuestion(wait));
      return;
    case 'depend':
      return depend(m, find(m, what.task), what.after);
    case 'status':
      return toStatus(m, find(m, what.task), what.to);
    case 'wait':
      return toWait(m, find(m, what.task), what.key, what.to);
    case 'free':
      for (const wait of m.waits.filter((one) => one.task === what.task && !isQuestion(one))) release(m, wait, false);
      if (what.to !== undefined) toStatus(m, find(m, what.task), what.to);
      return;
    default:
      throw new Error(`no such play: ${JSON.stringify(what)}`);
  }
}

function find(m: Model, title: string): ModelTask {
  const found = m.tasks.find((task) => task.title === title);
  if (!found) throw new No('TASK_NOT_FOUND');
  return found;
}

const isQuestion = (wait: ModelWait): boolean => wait.key.startsWith('human_input:');

function step(m: Model, name: MissionStep, by: Pauser): void {
  const phase = phaseOf(m);
  const listed: Record<MissionStep, string[]> = {
    execute: ['planning'],
    replan: ['executing', 'waiting', 'failed'],
    complete: ['planning', 'executing', 'waiting'],
    fail: ['planning', 'executing', 'waiting'],
    cancel: ['planning', 'executing', 'waiting', 'failed'],
    pause: ['planning', 'executing', 'waiting'],
    unpause: ['planning', 'executing', 'waiting'],
  };
  if (isClosed(m) && (m.cancelled !== null || !listed[name].includes(phase))) throw new No('MISSION_CLOSED');
  if ((name === 'execute' && phase === 'executing') || (name === 'replan' && phase === 'planning')) return;
  if (!listed[name].includes(phase)) throw new No('INVALID_TRANSITION');
  switch (name) {
    case 'execute':
      m.base = 'executing';
      return;
    case 'replan':
      Object.assign(m, { base: 'planning', end: null, outcome: null, waits: [] });
      for (const task of m.tasks)
        if (task.status === 'in_progress' || WAITING.includes(task.status)) task.status = 'ready';
      return;
    case 'pause':
      if (m.paused !== null && (by !== 'user' || m.paused === 'user')) return;
      m.paused = by;
      m.fence += 1;
      return;
    case 'unpause':
      if (m.paused === null && phase === 'waiting') throw new No('INVALID_TRANSITION');
      if (by === 'agent' && m.paused !== null && m.paused !== 'agent') throw new No('INVALID_TRANSITION');
      m.paused = null;
      return;
    default:
      return end(m, name);
  }
}

function end(m: Model, how: 'complete' | 'fail' | 'cancel'): void {
  m.fence += 1;
  if (how === 'cancel') m.cancelled = phaseOf(m);
  if (how !== 'cancel') m.base = 'executing';
  m.waits = [];
  if (how === 'fail') {
    for (const task of m.tasks)
      if (task.status === 'in_progress' || WAITING.includes(task.status)) task.status = 'failed';
    Object.assign(m, { end: 'failed', outcome: 'failed' });
    return;
  }
  const partial = m.tasks.some((task) => task.status === 'failed');
  for (const task of m.tasks) if (isOpen(task)) task.status = 'skipped';
  if (how === 'complete') m.end = 'completed';
  m.outcome = how === 'cancel' ? 'cancelled' : partial ? 'partial' : 'success';
}

function retry(m: Model, failed: ModelTask[]): void {
  if (m.cancelled !== null || m.end === 'completed') throw new No('MISSION_CLOSED');
  if (phaseOf(m) === 'planning' || failed.length === 0) throw new No('INVALID_TRANSITION');
  Object.assign(m, { base: 'executing', end: null, outcome: null });
  for (const task of failed) {
    task.status = 'ready';
    task.attempt += 1;
  }
}

function toStatus(m: Model, task: ModelTask, to: TaskStatus): void {
  if (to === task.status) return;
  const question = m.waits.some((wait) => wait.task === task.title && isQuestion(wait));
  const inHand: Record<TaskStatus, TaskStatus[]> = {
    pending: ['skipped'],
    ready: ['in_progress', 'completed', 'skipped', 'blocked', 'waiting_external'],
    in_progress: ['completed', 'failed', 'skipped', 'blocked', 'waiting_external'],
    waiting_human: ['failed', 'skipped'],
    waiting_external: ['in_progress', 'completed', 'failed', 'skipped'],
    blocked: ['in_progress', 'completed', 'failed', 'skipped'],
    completed: [],
    failed: ['skipped'],
    skipped: [],
  };
  if (!inHand[question ? 'waiting_human' : task.status].includes(to)) throw new No('INVALID_TRANSITION');
  if (to === 'waiting_external') throw new No('VALIDATION_FAILED');
  if (to === 'blocked') return open(m, { task: task.title, key: 'manual:', completes: false, any: false, fails: true });
  if (task.status !== 'failed') m.base = 'executing';
  m.waits = m.waits.filter((wait) => wait.task !== task.title);
  task.status = to;
}

const waitingStatus = (key: string): TaskStatus =>
  key.startsWith('human_input:')
    ? 'waiting_human'
    : key.startsWith('manual:') || key.startsWith('mission:')
      ? 'blocked'
      : 'waiting_external';

/** `to`: the status that was sent along with the key. */
function toWait(m: Model, task: ModelTask, key: string, to: TaskStatus | undefined): void {
  const waits = WAITING.includes(task.status);
  const able = waits || task.status === 'ready' || task.status === 'in_progress';
  if (to !== undefined && to !== task.status) {
    if (to !== 'waiting_external' && to !== 'blocked') throw new No('VALIDATION_FAILED');
    if (waits || !able) throw new No('INVALID_TRANSITION');
  }
  if ((to === 'waiting_external' || to === 'blocked') && waitingStatus(key) !== to) throw new No('VALIDATION_FAILED');
  if (!able) throw new No('INVALID_TRANSITION');
  open(m, { task: task.title, key, completes: false, any: false, fails: true });
}

/** A question, or a mail: what only a task that works or waits can begin to wait for, in one step. */
function begin(m: Model, wait: ModelWait): void {
  const status = wait.task === null ? null : find(m, wait.task).status;
  if (status !== null && status !== 'ready' && status !== 'in_progress' && !WAITING.includes(status))
    throw new No('INVALID_TRANSITION');
  open(m, wait);
}

function timeOut(m: Model, wait: ModelWait | undefined): void {
  if (!wait) return;
  if (wait.task === null || !wait.fails) return release(m, wait, false);
  m.waits = m.waits.filter((one) => one.task !== wait.task);
  find(m, wait.task).status = 'failed';
}

function open(m: Model, wait: ModelWait): void {
  if (m.waits.some((one) => one.task === wait.task && one.key === wait.key)) return;
  m.waits.push(wait);
  if (wait.task === null) return;
  m.base = 'executing';
  const task = find(m, wait.task);
  if (!WAITING.includes(task.status)) task.status = waitingStatus(wait.key);
}

function release(m: Model, wait: ModelWait, bySignal: boolean): void {
  m.waits = m.waits.filter((one) => one !== wait);
  if (wait.task === null || m.waits.some((one) => one.task === wait.task)) return;
  find(m, wait.task).status = bySignal && wait.completes ? 'completed' : 'in_progress';
}

function signal(m: Model, index: number, final: boolean): void {
  const wait = m.waits[index];
  if (wait && (final || wait.any)) release(m, wait, true);
}

function depend(m: Model, task: ModelTask, after: string[]): void {
  if (task.status !== 'pending' && task.status !== 'ready') throw new No('INVALID_TRANSITION');
  task.after = [...new Set(after)];
  if (m.tasks.some((one) => isBefore(m, one.title, one.title))) throw new No('CIRCULAR_DEPENDENCY');
}

function add(m: Model, added: (Play & { do: 'add' })['tasks']): void {
  m.tasks.push(
    ...added.map(({ title, after, waitsFor }) => ({
      title,
      status: 'pending' as const,
      after: [...new Set(after)],
      attempt: 1,
      waitsFor,
    })),
  );
  if (m.tasks.some((one) => isBefore(m, one.title, one.title))) throw new No('CIRCULAR_DEPENDENCY');
}

/** Whether `first` must be done before `then`: a walk along what each depends on. */
function isBefore(m: Model, first: string, then: string, seen = new Set<string>()): boolean {
  return find(m, then).after.some((one) => one === first || (!seen.has(one) && isBefore(m, first, one, seen.add(one))));
}

/** Readiness, and the waits that begin with it. */
function settle(m: Model): void {
  const begin = (task: ModelTask) => task.waitsFor && open(m, { task: task.title, ...task.waitsFor });
  for (const task of m.tasks) {
    if (task.status !== 'pending' && task.status !== 'ready') continue;
    const was = task.status;
    task.status = task.after.every((one) => ['completed', 'skipped'].includes(find(m, one).status))
      ? 'ready'
      : 'pending';
    if (task.status === 'ready' && was === 'pending') begin(task);
  }
  if (m.base === 'executing') for (const task of m.tasks) if (task.status === 'ready') begin(task);
}
