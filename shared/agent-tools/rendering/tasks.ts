import type { Task } from '@missions/contracts/mission/representation.ts';
import { at } from './lines.ts';
import { quoted, untrusted } from './quoting.ts';

const MAX_SHOWN = 60;

/** A task with its number in the plan, its id and its state. */
export function taskLine(task: Task, all: readonly Task[]): string {
  const after = task.depends_on.map((id) => all.findIndex((one) => one.id === id) + 1).filter((number) => number > 0);
  const notes = [
    after.length > 0 && `after ${after.map((number) => `#${number}`).join(', ')}`,
    task.blocked_by && `waits for ${quoted(task.blocked_by)}${task.timeout_at ? ` until ${at(task.timeout_at)}` : ''}`,
    task.claim && `claimed by ${claimantOf(task.claim)} until ${at(task.claim.until)}`,
    task.attempt > 1 && `attempt ${task.attempt}`,
  ].filter(Boolean);
  return `#${all.indexOf(task) + 1} ${task.id} [${task.status}] ${quoted(task.title)}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

const claimantOf = ({ agent_id, conversation_id }: NonNullable<Task['claim']>): string =>
  `${agent_id === null ? 'an agent' : quoted(agent_id, 60)} in conversation ${quoted(conversation_id, 60)}`;

export function taskLines(tasks: readonly Task[]): string {
  if (tasks.length === 0) return '';
  const open = tasks.filter((task) => !isDone(task));
  // A long plan leaves out the tasks that are done.
  const shown = tasks.length <= MAX_SHOWN ? tasks : open.slice(0, MAX_SHOWN);
  const left = tasks.length - shown.length;
  return `Tasks:\n${shown.map((task) => taskLine(task, tasks)).join('\n')}${left > 0 ? `\n(${left} more tasks not shown)` : ''}`;
}

const MAX_RESULT_CHARS = 1_500;

/**
 * Descriptions, results and errors of the tasks, quoted as untrusted because they contain text of e-mails, webhooks and
 * users.
 */
export function resultLines(tasks: readonly Task[]): string {
  const entries = tasks.flatMap((task, index) => {
    const result = JSON.stringify(task.result);
    const shown = result.length > MAX_RESULT_CHARS ? `${result.slice(0, MAX_RESULT_CHARS)}…` : result;
    const texts = {
      description: isDone(task) ? '' : task.description,
      result: result === '{}' ? '' : shown,
      error: task.error,
    };
    return Object.entries(texts).flatMap(([what, text]) => (text ? [`#${index + 1} ${what}: ${text}`] : []));
  });
  return entries.length > 0
    ? untrusted('descriptions, results and errors of the tasks', entries.join('\n'), 8_000)
    : '';
}

export const isDone = (task: Task): boolean => task.status === 'completed' || task.status === 'skipped';

/** Order of the statuses in a summary: tasks that need attention come first. */
const ORDER: readonly Task['status'][] = [
  'failed',
  'in_progress',
  'waiting_human',
  'waiting_external',
  'blocked',
  'ready',
  'pending',
  'completed',
  'skipped',
];

/**
 * The titles of the tasks by status, without ids, in about `room` characters: for a list, where they show the subject
 * of a mission.
 */
export function taskSummary(tasks: readonly Task[], room: number): string {
  const shown = new Map<string, string[]>();
  let [left, count] = [room, 0];
  for (const task of tasks.toSorted((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status))) {
    const title = quoted(task.title, 60);
    const some = shown.get(task.status);
    left -= title.length + (some ? 2 : task.status.length + 5);
    if (left < 0 && count > 0) break;
    count += 1;
    if (some) some.push(title);
    else shown.set(task.status, [title]);
  }
  return (
    [...shown].map(([status, titles]) => `${status}: ${titles.join('; ')}`).join(' | ') +
    (count < tasks.length ? ` | +${tasks.length - count} more` : '')
  );
}
