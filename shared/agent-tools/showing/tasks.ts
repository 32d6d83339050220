import type { Task } from '@missions/contracts/mission/representation.ts';
import { at, inLine } from './lines.ts';
import { untrusted } from './untrusted.ts';

const MOST_SHOWN = 60;

/** A task with its id, for whoever works on it. */
export function taskLine(task: Task, all: readonly Task[]): string {
  const after = task.depends_on.map((id) => all.findIndex((one) => one.id === id) + 1).filter((number) => number > 0);
  const notes = [
    after.length > 0 && `after ${after.map((number) => `#${number}`).join(', ')}`,
    task.blocked_by && `waits for ${inLine(task.blocked_by)}${task.timeout_at ? ` until ${at(task.timeout_at)}` : ''}`,
    task.attempt > 1 && `attempt ${task.attempt}`,
  ].filter(Boolean);
  return `#${all.indexOf(task) + 1} ${task.id} [${task.status}] ${inLine(task.title)}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

export function taskLines(tasks: readonly Task[]): string {
  if (tasks.length === 0) return '';
  const open = tasks.filter((task) => !isDone(task));
  // What is done matters least in a long plan.
  const shown = tasks.length <= MOST_SHOWN ? tasks : open.slice(0, MOST_SHOWN);
  const left = tasks.length - shown.length;
  return `Tasks:\n${shown.map((task) => taskLine(task, tasks)).join('\n')}${left > 0 ? `\n(${left} more tasks not shown)` : ''}`;
}

const MOST_OF_A_RESULT = 1_500;

/** What came of the tasks. Results and errors hold what e-mails, webhooks and users said, so all of them are quoted. */
export function resultLines(tasks: readonly Task[]): string {
  const told = tasks.flatMap((task, index) => {
    const result = JSON.stringify(task.result);
    const shown = result.length > MOST_OF_A_RESULT ? `${result.slice(0, MOST_OF_A_RESULT)}…` : result;
    const said = { description: isDone(task) ? '' : task.description, result: result === '{}' ? '' : shown, error: task.error };
    return Object.entries(said).flatMap(([what, text]) => (text ? [`#${index + 1} ${what}: ${text}`] : []));
  });
  return told.length > 0 ? untrusted('descriptions, results and errors of the tasks', told.join('\n'), 8_000) : '';
}

export const isDone = (task: Task): boolean => task.status === 'completed' || task.status === 'skipped';

/** Titles by status, without ids: for a list, where they say what a mission is about. */
export function taskSummary(tasks: readonly Task[], most = 8): string {
  const open = tasks.filter((task) => !isDone(task));
  const shown = [...tasks.filter(isDone).slice(-2), ...open].slice(0, most);
  const by = Map.groupBy(shown, (task) => task.status);
  const left = tasks.length - shown.length;
  return [...by].map(([status, some]) => `${status}: ${some.map((task) => inLine(task.title, 60)).join('; ')}`).join(' | ') + (left > 0 ? ` | +${left} more` : '');
}
