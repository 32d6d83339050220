import { type MissionChange, type Refusal, Refused } from './decision.ts';
import { type Json, type Mission, openBlockers, statusOf, type Task } from './state.ts';

/**
 * The largest mission, with its tasks and waits, in bytes of JSON. A mission is loaded and shown whole, and a NATS
 * message carries at most 8 MB. What people, mail and signals say is kept in a task's result up to this size, and
 * stands in the history beyond it (`heard.ts`).
 */
export const MAX_MISSION_BYTES = 3_000_000;
/** What callers may fill. The rest is for what a mission hears. */
export const MAX_CALLERS_BYTES = 2_500_000;
/** The report that a step may bring (a summary, a result) although callers have filled their share. */
const MAX_REPORT_BYTES = 20_000;

export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/**
 * Refuses what a caller adds to a full mission. Only what is added counts: a step that stops, pauses, ends, skips,
 * retries or moves is taken at any size, and so is whatever the system or a person does.
 */
export function refuseAddition(before: Mission, next: Mission): Refusal | undefined {
  const bytes = bytesOf(next);
  if (bytes <= MAX_CALLERS_BYTES) return undefined;
  const added = bytesOfCallers(next) - bytesOfCallers(before);
  if (added <= 0) return undefined;
  const isStep = isMoved(before, next);
  if (isStep && added <= MAX_REPORT_BYTES && bytes <= MAX_MISSION_BYTES) return undefined;
  const detail =
    `Mission ${next.id} and its tasks may have ${MAX_CALLERS_BYTES} bytes in all, and this change would make them ` +
    `${bytes}. ${isStep ? 'Take the step without these texts' : 'Keep large texts elsewhere, and refer to them'}.`;
  return new Refused('VALIDATION_FAILED', detail, {
    errors: [{ path: '', message: `would make the mission larger than ${MAX_CALLERS_BYTES} bytes` }],
  }).refusal;
}

/**
 * Whether a change of an agent adds to what is stored, where its customer has no room left. Steps are taken, with a
 * report; so is what releases, withdraws or shortens.
 */
export function addsToStored(before: Mission, next: Mission, changes: readonly MissionChange[]): boolean {
  const added = bytesOfCallers(next) - bytesOfCallers(before);
  if (isMoved(before, next)) return added > MAX_REPORT_BYTES;
  return added > 0 || changes.some(({ logged }) => logged !== undefined);
}

/** The words that the system writes by itself, as a task's error, are shorter. */
const MAX_SYSTEM_WORDS = 100;

/** What callers have put into the mission, without what the system keeps and what the mission was told. */
function bytesOfCallers(mission: Mission): number {
  const { title, description, summary, details, metadata, tasks } = mission;
  const own = new Set(tasks.filter((task) => task.wait_for !== null).map(({ id }) => id));
  // The wait of a task that only waits opens by itself, by whatever step comes before it.
  const waits = openBlockers(mission).filter(({ task_id }) => task_id === null || !own.has(task_id));
  return bytesOf([title, description, summary, details, metadata, tasks.map(ofCallers), waits]);
}

const ofCallers = ({ id, title, description, depends_on, result, error, wait_for }: Task): unknown => [
  id,
  title,
  description,
  depends_on,
  withoutHeard(result),
  error.length > MAX_SYSTEM_WORDS ? error : '',
  wait_for,
];

const withoutHeard = ({ response: _, responses: __, signal: ___, ended_by: ____, ...own }: Json): Json => own;

function isMoved(before: Mission, next: Mission): boolean {
  if (statusOf(before) !== statusOf(next) && openBlockers(next).length <= openBlockers(before).length) return true;
  const was = new Map(before.tasks.map(({ id, status }) => [id, status]));
  return next.tasks.some(({ id, status }) => (was.get(id) ?? status) !== status && !WAITING.includes(status));
}

const WAITING: readonly string[] = ['waiting_human', 'waiting_external', 'blocked'];
