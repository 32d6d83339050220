import type { MissionChange } from '../decision.ts';
import { type Mission, openBlockers, statusOf } from '../state.ts';
import type { Model } from './model.ts';

/** What the model knows of a mission, seen on either of them. */
export const traceOfModel = (m: Model, phase: string, status: string) => ({
  title: m.title,
  phase,
  status,
  base: (m.end ?? m.cancelled) ? null : m.base,
  paused: m.paused,
  outcome: m.outcome,
  fence: m.fence,
  tasks: m.tasks.map((task) => [
    task.title,
    task.status,
    task.attempt,
    task.after,
    m.waits.find((wait) => wait.task === task.title)?.key ?? '',
  ]),
  waits: m.waits.map((wait) => `${wait.task ?? 'all'} ${wait.key}`),
});

export function traceOfMission(mission: Mission) {
  const titleOf = (id: string): string => mission.tasks.find((task) => task.id === id)?.title ?? '?';
  const closed = mission.outcome !== null;
  return {
    title: mission.title,
    phase: mission.phase,
    status: statusOf(mission),
    base: closed ? null : (mission.return_phase ?? mission.phase),
    paused: mission.paused_by,
    outcome: mission.outcome,
    fence: mission.fence,
    tasks: mission.tasks.map((task) => [
      task.title,
      task.status,
      task.attempt,
      task.depends_on.map(titleOf),
      task.blocked_by,
    ]),
    waits: openBlockers(mission).map(
      (blocker) => `${blocker.task_id === null ? 'all' : titleOf(blocker.task_id)} ${blocker.key}`,
    ),
  };
}

/**
 * Reads the history as somebody would who was shown only that: every status and phase of the mission, every status of
 * its tasks, every wait. Answers where the story breaks, or ends elsewhere than the mission does.
 */
export function historyGaps(before: Mission, next: Mission, changes: readonly MissionChange[]): string[] {
  const wrong: string[] = [];
  const told = new Map<string, string>([
    ['status', statusOf(before)],
    ['phase', before.phase],
    ...before.tasks.map((task): [string, string] => [task.id, task.status]),
  ]);
  const follow = (name: string, moved: unknown) => {
    if (moved === undefined) return;
    const { from, to } = moved as { from: string; to: string };
    // A task that this command added is first told of by the entry that moves it on.
    if ((told.get(name) ?? from) !== from) wrong.push(`${name} was ${told.get(name)}, and is told to leave ${from}`);
    if (from === to) wrong.push(`${name} is told to become what it is: ${to}`);
    told.set(name, to);
  };
  for (const change of changes) {
    follow('status', change.metadata['status']);
    follow('phase', change.metadata['phase']);
    if (change.task_id !== null) follow(change.task_id, change.metadata['task_status']);
  }
  const stands: [string, string][] = [
    ['status', statusOf(next)],
    ['phase', next.phase],
    ...next.tasks.map((task): [string, string] => [task.id, task.status]),
  ];
  for (const [name, value] of stands)
    if (told.has(name) && told.get(name) !== value)
      wrong.push(`${name} is ${value}, and was last told as ${told.get(name)}`);
  const known = new Set(before.blockers.map((blocker) => blocker.id));
  const keys = (...kinds: string[]) =>
    changes
      .filter((change) => kinds.includes(change.kind))
      .map((change) => `${change.task_id} ${String(change.metadata['key'])}`)
      .toSorted()
      .join(', ');
  const blockers = (which: (blocker: Mission['blockers'][number]) => boolean) =>
    next.blockers
      .filter(which)
      .map((blocker) => `${blocker.task_id} ${blocker.key}`)
      .toSorted()
      .join(', ');
  if (keys('blocked', 'input_requested', 'email_awaited') !== blockers((blocker) => !known.has(blocker.id)))
    wrong.push(`waits that began: ${keys('blocked', 'input_requested', 'email_awaited')}`);
  if (keys('unblocked', 'input_responded', 'input_expired') !== blockers((blocker) => blocker.resolved_at !== null))
    wrong.push(`waits that ended: ${keys('unblocked', 'input_responded', 'input_expired')}`);
  return wrong;
}
