import type { Blocker, Mission, Task } from '../state.ts';

/**
 * What may never be seen of a mission (specification section 3 and 4), written without the domain's own predicates, so
 * that a mistake in one is not repeated in the other. Answers what is wrong, in words; nothing when the state is legal.
 */
export function invariantViolations(mission: Mission): string[] {
  const open = mission.blockers.filter((blocker) => blocker.resolved_at === null);
  return [
    ...ofPhase(mission, open),
    ...ofEnd(mission, open),
    ...mission.tasks.flatMap((task) => ofTask(task, mission, open)),
    ...ofPlan(mission),
    ...ofBlockers(mission, open),
  ];
}

const WAITING = ['waiting_human', 'waiting_external', 'blocked'];
const ENDED = ['completed', 'failed', 'skipped'];
const isClosed = (mission: Mission): boolean =>
  mission.cancelled || mission.phase === 'completed' || mission.phase === 'failed';

/** Where the engine stands beneath its waits. */
const baseOf = (mission: Mission): string => mission.return_phase ?? mission.phase;

function ofPhase(mission: Mission, open: readonly Blocker[]): string[] {
  const wrong: string[] = [];
  if (!isClosed(mission) && (mission.phase === 'waiting') !== open.length > 0)
    wrong.push(`phase ${mission.phase} with ${open.length} open blockers`);
  if ((mission.phase === 'waiting') !== (mission.return_phase !== null))
    wrong.push(`phase ${mission.phase} returns to ${mission.return_phase}`);
  if (isClosed(mission)) return wrong;
  for (const task of mission.tasks) {
    const begun = task.status === 'in_progress' || WAITING.includes(task.status);
    if (baseOf(mission) === 'planning' && begun)
      wrong.push(`${task.title} is ${task.status} while the mission is planned`);
    if (baseOf(mission) === 'executing' && task.status === 'ready' && task.wait_for)
      wrong.push(`${task.title} only waits, and stands ready`);
  }
  return wrong;
}

function ofEnd(mission: Mission, open: readonly Blocker[]): string[] {
  const wrong: string[] = [];
  const closed = isClosed(mission);
  if (closed && open.length > 0) wrong.push(`ended with ${open.length} open blockers`);
  if (closed !== (mission.outcome !== null)) wrong.push(`outcome ${mission.outcome}, closed: ${closed}`);
  if (closed !== (mission.completed_at !== null)) wrong.push(`completed_at ${mission.completed_at}, closed: ${closed}`);
  for (const task of closed ? mission.tasks : []) {
    const unstarted = task.status === 'pending' || task.status === 'ready';
    const mayStay = mission.phase === 'failed' && !mission.cancelled && unstarted;
    if (!ENDED.includes(task.status) && !mayStay) wrong.push(`${task.title} is ${task.status} in an ended mission`);
  }
  return wrong;
}

function ofTask(task: Task, mission: Mission, open: readonly Blocker[]): string[] {
  const wrong: string[] = [];
  const say = (what: string) => wrong.push(`${task.title} (${task.status}) ${what}`);
  const own = open.filter((blocker) => blocker.task_id === task.id);
  const [oldest] = own;
  if (WAITING.includes(task.status) !== own.length > 0) say(`has ${own.length} open blockers`);
  if (task.blocked_by !== (oldest?.key ?? ''))
    say(`says it is blocked by "${task.blocked_by}", not "${oldest?.key ?? ''}"`);
  if (task.blocked_reason !== (oldest?.reason ?? ''))
    say(`gives "${task.blocked_reason}" as reason, not "${oldest?.reason ?? ''}"`);
  const deadline = own.flatMap((blocker) => blocker.timeout_at ?? []).toSorted((a, b) => (a < b ? -1 : 1))[0] ?? null;
  if (task.timeout_at !== deadline) say(`times out at ${task.timeout_at}, not ${deadline}`);
  const unmet = task.depends_on.filter(
    (id) => !mission.tasks.some((other) => other.id === id && ['completed', 'skipped'].includes(other.status)),
  );
  if (task.status === 'pending' && unmet.length === 0) say('has no unmet dependency');
  if (['ready', 'in_progress', ...WAITING].includes(task.status) && unmet.length > 0)
    say(`has unmet dependencies: ${unmet.join(', ')}`);
  if (ENDED.includes(task.status) !== (task.completed_at !== null)) say(`completed at ${task.completed_at}`);
  if ((task.status === 'in_progress' || own.length > 0) && task.started_at === null) say('never started');
  if (!Number.isInteger(task.attempt) || task.attempt < 1) say(`is at attempt ${task.attempt}`);
  return wrong;
}

function ofPlan({ tasks }: Mission): string[] {
  const wrong: string[] = [];
  const byId = new Map(tasks.map((task) => [task.id, task]));
  if (byId.size !== tasks.length) wrong.push('two tasks have one id');
  for (const task of tasks) {
    if (new Set(task.depends_on).size !== task.depends_on.length) wrong.push(`${task.title} depends on one task twice`);
    if (task.depends_on.some((id) => !byId.has(id))) wrong.push(`${task.title} depends on what is not there`);
    if (reaches(task.id, task.depends_on, byId)) wrong.push(`${task.title} depends on itself`);
  }
  const sorted = tasks.toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  if (sorted.some((task, index) => task !== tasks[index])) wrong.push('the tasks are not in order');
  return wrong;
}

function reaches(target: string, from: readonly string[], byId: Map<string, Task>): boolean {
  const seen = new Set<string>();
  const left = [...from];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (id === target) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    left.push(...(byId.get(id)?.depends_on ?? []));
  }
  return false;
}

function ofBlockers(mission: Mission, open: readonly Blocker[]): string[] {
  const names = open.map((blocker) => `${blocker.task_id} ${blocker.key}`);
  const wrong = new Set(names).size === names.length ? [] : ['one wait is open twice'];
  for (const blocker of mission.blockers) {
    if (blocker.task_id !== null && !mission.tasks.some((task) => task.id === blocker.task_id))
      wrong.push(`${blocker.key} holds a task that is not there`);
    if (!blocker.key.startsWith(`${blocker.kind}:`)) wrong.push(`${blocker.key} is of kind ${blocker.kind}`);
    if ((blocker.resolved_at === null) !== (blocker.resolution === null))
      wrong.push(`${blocker.key} ended at ${blocker.resolved_at} without saying how`);
    if ((blocker.timeout_at === null) !== (blocker.kind === 'manual'))
      wrong.push(`${blocker.key} has the deadline ${blocker.timeout_at}`);
  }
  return wrong;
}
