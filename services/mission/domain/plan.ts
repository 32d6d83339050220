import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import { Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { becomeReady } from './task-readiness.ts';
import type { Task, Wait } from './state.ts';
import { waitOf } from './wait-request.ts';

/** Every command loads the whole mission, so the number of its tasks is limited. */
export const MAX_TASKS = 1000;
/** The largest PostgreSQL `integer`. */
const MAX_ORDER = 2 ** 31 - 1;

/**
 * Adds tasks as one graph, all or none. `depends_on` names tasks of the mission by id and tasks of the same call by
 * `ref`; a `ref` may point to a later task. The same decision computes which tasks are ready.
 */
export function addTasks(
  changes: ChangeBuilder,
  inputs: readonly NewTask[],
  pathOf = inputs.length > 1 ? placeInList : atRoot,
): readonly string[] {
  if (changes.mission.tasks.length + inputs.length > MAX_TASKS) {
    throw new Refused(
      'VALIDATION_FAILED',
      `A mission holds at most ${MAX_TASKS} tasks; this one has ${changes.mission.tasks.length}.`,
      {
        errors: [{ path: '/tasks', message: `at most ${MAX_TASKS} tasks in a mission` }],
      },
    );
  }
  const ids = inputs.map(() => changes.newId());
  const refs = refsOf(inputs, ids);
  let order = changes.mission.tasks.reduce((last, task) => Math.max(last, task.order), 0);
  const tasks = inputs.map((input, index): Task => {
    const id = ids[index] as string;
    // Orders may repeat, and the largest integer is the last one.
    order = input.order ?? Math.min(order + 1, MAX_ORDER);
    return {
      id,
      title: input.title,
      description: input.description ?? '',
      order,
      status: 'pending',
      depends_on: dependencies(changes, input.depends_on ?? [], refs, id),
      blocked_by: '',
      blocked_reason: '',
      timeout_at: null,
      result: {},
      error: '',
      attempt: 1,
      wait_for: waitFor(input, id, pathOf(index)),
      claim: null,
      started_at: null,
      completed_at: null,
      created_at: changes.at,
      updated_at: changes.at,
    };
  });
  changes.addTasks(tasks);
  refuseCycles(changes.mission.tasks);
  for (const task of tasks) changes.record('task_added', { title: task.title, task_id: task.id });
  becomeReady(changes, ids);
  return ids;
}

/** JSON pointer (RFC 6901) of a task in the request body. */
export const placeInList = (index: number): string => `/tasks/${index}`;
const atRoot = (): string => '';

/** Changes the dependencies of a task that has not started (specification section 4.2). */
export function changeDependencies(changes: ChangeBuilder, task: Task, dependsOn: readonly string[]): void {
  if (task.status !== 'pending' && task.status !== 'ready') {
    throw new Refused(
      'INVALID_TRANSITION',
      `depends_on can be changed while a task is pending or ready; this one is ${task.status}.`,
      {
        from: task.status,
        to: 'pending',
        allowed: ['pending', 'ready'],
      },
    );
  }
  const depends_on = dependencies(changes, dependsOn, new Map(), task.id);
  if (JSON.stringify(depends_on) === JSON.stringify(task.depends_on)) return;
  changes.setTask(task.id, { depends_on });
  refuseCycles(changes.mission.tasks);
  changes.record('task_updated', { title: task.title, task_id: task.id, metadata: { changed: ['depends_on'] } });
}

function refsOf(inputs: readonly NewTask[], ids: readonly string[]): Map<string, string> {
  const refs = new Map<string, string>();
  inputs.forEach(({ ref }, index) => {
    if (ref === undefined) return;
    if (refs.has(ref)) {
      throw new Refused('VALIDATION_FAILED', `ref "${ref}" names two tasks of this call; give each its own.`, {
        errors: [{ path: `/tasks/${index}/ref`, message: 'is used twice in this call' }],
      });
    }
    refs.set(ref, ids[index] as string);
  });
  return refs;
}

function dependencies(
  changes: ChangeBuilder,
  names: readonly string[],
  refs: Map<string, string>,
  self: string,
): readonly string[] {
  const found = names.map((name) => {
    const id = refs.get(name) ?? changes.mission.tasks.find((task) => task.id === name.toLowerCase())?.id;
    if (id === undefined) {
      throw new Refused(
        'INVALID_DEPENDENCY',
        `depends_on names "${name}", which is neither a task of this mission nor a ref of this call.`,
        { dependency: name },
      );
    }
    if (id === self) throw new Refused('CIRCULAR_DEPENDENCY', 'A task cannot depend on itself.', { cycle: [self] });
    return id;
  });
  return [...new Set(found)];
}

/**
 * Kahn's algorithm: repeatedly removes tasks without dependencies. The tasks that remain are in a cycle, or depend on
 * one.
 */
export function refuseCycles(tasks: readonly Task[]): void {
  const open = new Map(tasks.map((task) => [task.id, new Set(task.depends_on)]));
  const dependants = new Map<string, string[]>();
  for (const task of tasks)
    for (const id of task.depends_on) dependants.set(id, [...(dependants.get(id) ?? []), task.id]);
  const free = tasks.filter((task) => task.depends_on.length === 0).map((task) => task.id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    open.delete(id);
    for (const dependant of dependants.get(id) ?? []) {
      const left = open.get(dependant);
      left?.delete(id);
      if (left?.size === 0) free.push(dependant);
    }
  }
  if (open.size > 0) {
    const titles = tasks.filter((task) => open.has(task.id)).map((task) => `"${task.title.slice(0, 60)}"`);
    throw new Refused(
      'CIRCULAR_DEPENDENCY',
      `These tasks would wait for each other: ${titles.slice(0, 10).join(', ')}. Remove one of their dependencies.`,
      {
        cycle: [...open.keys()].slice(0, 50),
      },
    );
  }
}

/** Reads a task's wait from `wait_for` or from the older flat fields (specification section 5). */
function waitFor(input: NewTask, id: string, path: string): Wait | null {
  const flat =
    input.wait_for_external === true || input.external_event_type !== undefined || input.timeout_hours !== undefined;
  if (input.wait_for && flat) {
    throw new Refused(
      'VALIDATION_FAILED',
      'Describe the wait of the task either in wait_for or in the older flat fields, not in both.',
      {
        errors: [
          {
            path: `${path}/wait_for`,
            message: 'cannot be combined with wait_for_external, external_event_type or timeout_hours',
          },
        ],
      },
    );
  }
  const place = { reference: id, onSignal: 'complete', path: `${path}/wait_for` } as const;
  if (input.wait_for) return waitOf(input.wait_for, place);
  if (!flat || input.wait_for_external === false) return null;
  return waitOf(
    {
      kind: input.external_event_type ?? 'webhook',
      ...(input.timeout_hours !== undefined && { timeout_hours: input.timeout_hours }),
    },
    place,
  );
}
