import { truncate } from '@missions/contracts/truncate.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import type { Blocker, Concern, Mission } from './state.ts';

/**
 * What went wrong outside and stands in no other part of the mission: a question that nobody answered, mail that did
 * not arrive. A concern is over as soon as the user or an agent does something about it: the user acts, its task
 * changes, or an agent asks or writes anew.
 */
const MOST = 100;

/** A newer concern about the same takes the place of the older. */
export function concern(changes: ChangeBuilder, of: Omit<Concern, 'since'>): void {
  const others = changes.mission.concerns.filter((one) => one.kind !== of.kind || one.reference !== of.reference);
  const added = { ...of, summary: truncate(of.summary, 500), since: changes.at };
  changes.set({ concerns: [...others, added].slice(-MOST) });
}

/** A wait for the user's answer ended without one. */
export function concernUnanswered(changes: ChangeBuilder, { key, task_id, reason, asked }: Blocker): void {
  const reference = key.slice(key.indexOf(':') + 1);
  concern(changes, {
    kind: 'unanswered',
    reference,
    task_id,
    summary: `Nobody answered: ${reason}`,
    agent_id: asked?.agent_id ?? null,
  });
}

export function settleConcerns(changes: ChangeBuilder, isOver: (concern: Concern) => boolean): void {
  const { concerns } = changes.mission;
  if (concerns.some(isOver)) changes.set({ concerns: concerns.filter((one) => !isOver(one)) });
}

/** Ends what concerned a task that the command has changed. */
export function settleConcernsOfChangedTasks(before: Mission, changes: ChangeBuilder): void {
  if (before.concerns.length === 0) return;
  const were = new Set(before.concerns);
  const tasks = new Map(before.tasks.map((task) => [task.id, task]));
  const isChanged = new Set(changes.mission.tasks.filter((task) => tasks.get(task.id) !== task).map(({ id }) => id));
  settleConcerns(changes, (one) => were.has(one) && one.task_id !== null && isChanged.has(one.task_id));
}
