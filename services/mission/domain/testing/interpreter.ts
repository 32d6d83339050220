import type { Pauser, TaskStatus } from '@missions/contracts/mission/vocabulary.ts';
import {
  type ModelStep,
  type Model,
  type ModelTask,
  type ModelWait,
  phaseOf,
  type ModelCommand,
  type Verdict,
} from './model.ts';
import {
  begin,
  find,
  isQuestion,
  ModelRefusal,
  open,
  release,
  signal,
  timeOut,
  toWait,
  WAITING,
} from './model-waits.ts';

/** Applies a command to the model. A refused command leaves the model as it was. */
export function interpret(m: Model, command: ModelCommand): Verdict {
  const before = JSON.stringify(m);
  try {
    act(m, command);
    if (!isClosed(m)) settle(m);
  } catch (error) {
    Object.assign(m, JSON.parse(before));
    if (error instanceof ModelRefusal) return error.code;
    throw error;
  }
  return JSON.stringify(m) === before ? 'ignored' : 'moved';
}

const isClosed = (m: Model): boolean => m.cancelled !== null || m.end !== null;
const isOpen = (task: ModelTask): boolean => !['completed', 'failed', 'skipped'].includes(task.status);

function act(m: Model, command: ModelCommand): void {
  switch (command.do) {
    case 'log':
      m.logEntries += 1;
      return;
    case 'resume':
      if (isClosed(m)) return;
      if (m.paused === 'agent') m.paused = null;
      m.logEntries += 1;
      return;
    case 'rename':
      if (m.title === command.title) return;
      break;
    case 'mission':
      return step(m, command.step, command.by);
    case 'signal':
      return signal(m, command.wait, command.final);
    case 'answer':
      if (m.waits[command.wait]) release(m, m.waits[command.wait] as ModelWait, false);
      return;
    case 'timeOut':
      return timeOut(m, m.waits[command.wait]);
    case 'unreachable':
      m.logEntries += 1;
      for (const wait of m.waits.filter((one) => one.key === m.waits[command.wait]?.key))
        if (m.waits.includes(wait)) timeOut(m, wait);
      return;
    case 'retryAll':
      return retry(
        m,
        m.tasks.filter((task) => task.status === 'failed'),
      );
    case 'status':
    case 'free':
      if (command.to === 'ready' && find(m, command.task).status === 'failed') return retry(m, [find(m, command.task)]);
      break;
    default:
  }
  if (isClosed(m)) throw new ModelRefusal('MISSION_CLOSED');
  switch (command.do) {
    case 'rename':
      m.title = command.title;
      return;
    case 'add':
      return add(m, command.tasks);
    case 'waitAll':
      return open(m, { task: null, key: command.key, completes: false, any: false, fails: true });
    case 'ask':
      return begin(m, {
        task: command.task,
        key: `human_input:${command.question}`,
        completes: false,
        any: false,
        fails: command.fails,
      });
    case 'mail':
      if (m.paused !== null) throw new ModelRefusal('INVALID_TRANSITION');
      return begin(m, {
        task: command.task,
        key: `email_reply:${command.mail}`,
        completes: false,
        any: command.any,
        fails: command.fails,
      });
    case 'received': {
      const outside = m.waits.filter((wait) => wait.task === command.task && !isQuestion(wait));
      if (outside.length === 0) throw new ModelRefusal('INVALID_TRANSITION');
      for (const wait of outside) release(m, wait, true);
      return;
    }
    case 'freeAll':
      m.waits = m.waits.filter((wait) => wait.task !== null || isQuestion(wait));
      return;
    case 'depend':
      return depend(m, find(m, command.task), command.after);
    case 'status':
      return toStatus(m, find(m, command.task), command.to);
    case 'wait':
      return toWait(m, find(m, command.task), command.key, command.to);
    case 'free':
      for (const wait of m.waits.filter((one) => one.task === command.task && !isQuestion(one)))
        release(m, wait, false);
      if (command.to !== undefined) toStatus(m, find(m, command.task), command.to);
      return;
    default:
      throw new Error(`no such command: ${JSON.stringify(command)}`);
  }
}

function step(m: Model, name: ModelStep, by: Pauser): void {
  const phase = phaseOf(m);
  const listed: Record<ModelStep, string[]> = {
    execute: ['planning'],
    replan: ['executing', 'waiting', 'failed'],
    complete: ['planning', 'executing', 'waiting'],
    fail: ['planning', 'executing', 'waiting'],
    cancel: ['planning', 'executing', 'waiting', 'failed'],
    pause: ['planning', 'executing', 'waiting'],
    unpause: ['planning', 'executing', 'waiting'],
  };
  if (isClosed(m) && (m.cancelled !== null || !listed[name].includes(phase))) throw new ModelRefusal('MISSION_CLOSED');
  if ((name === 'execute' && phase === 'executing') || (name === 'replan' && phase === 'planning')) return;
  if (!listed[name].includes(phase)) throw new ModelRefusal('INVALID_TRANSITION');
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
      if (m.paused === null && phase === 'waiting') throw new ModelRefusal('INVALID_TRANSITION');
      if (by === 'agent' && m.paused !== null && m.paused !== 'agent') throw new ModelRefusal('INVALID_TRANSITION');
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
  if (m.cancelled !== null || m.end === 'completed') throw new ModelRefusal('MISSION_CLOSED');
  if (phaseOf(m) === 'planning' || failed.length === 0) throw new ModelRefusal('INVALID_TRANSITION');
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
  if (!inHand[question ? 'waiting_human' : task.status].includes(to)) throw new ModelRefusal('INVALID_TRANSITION');
  if (to === 'waiting_external') throw new ModelRefusal('VALIDATION_FAILED');
  if (to === 'blocked') return open(m, { task: task.title, key: 'manual:', completes: false, any: false, fails: true });
  if (task.status !== 'failed') m.base = 'executing';
  m.waits = m.waits.filter((wait) => wait.task !== task.title);
  task.status = to;
}

function depend(m: Model, task: ModelTask, after: string[]): void {
  if (task.status !== 'pending' && task.status !== 'ready') throw new ModelRefusal('INVALID_TRANSITION');
  task.after = [...new Set(after)];
  if (m.tasks.some((one) => isBefore(m, one.title, one.title))) throw new ModelRefusal('CIRCULAR_DEPENDENCY');
}

function add(m: Model, added: (ModelCommand & { do: 'add' })['tasks']): void {
  m.tasks.push(
    ...added.map(({ title, after, waitsFor }) => ({
      title,
      status: 'pending' as const,
      after: [...new Set(after)],
      attempt: 1,
      waitsFor,
    })),
  );
  if (m.tasks.some((one) => isBefore(m, one.title, one.title))) throw new ModelRefusal('CIRCULAR_DEPENDENCY');
}

/** Whether `first` must be done before `then`: a walk along command each depends on. */
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
