/**
 * The table of specification section 4.2, copied out by hand from the text and from nothing else. `by` says who takes
 * the step: `hand`, a caller who names the status in a PATCH of the task; `system`, a consequence of another change,
 * which no caller may ask for by name.
 *
 * Readings, where the text leaves a choice:
 * - "settled by hand" (`waiting_external`, `blocked` → `completed`) and "its last blocker is resolved" (→
 *   `in_progress`) may both be asked for by hand, since "leaving a waiting state by hand cancels its blockers". For
 *   `waiting_human` neither: "never resume or complete it".
 * - "Steps through `in_progress` may be taken in one command (a `ready` task that is completed, or that starts to
 *   wait)": the brackets are the whole list. A ready task is not failed without having been started.
 * - `ready` → `pending` has its reason in the table (`depends_on` was changed); it is not asked for by name.
 * - To name the status that the task has is no step: nothing changes and nothing is refused, as with any field that
 *   is sent as it is.
 * - To name another waiting status than the one it has is a step that is not listed: a further blocker leaves the
 *   status as it is.
 */
export const statuses = [
  'pending',
  'ready',
  'in_progress',
  'waiting_human',
  'waiting_external',
  'blocked',
  'completed',
  'failed',
  'skipped',
] as const;
export type Status = (typeof statuses)[number];

const waitingOrBlocked = ['waiting_human', 'waiting_external', 'blocked'] as const;
const open = ['pending', 'ready', 'in_progress', ...waitingOrBlocked] as const;

export interface TaskRow {
  readonly from: readonly Status[];
  readonly to: readonly Status[];
  readonly by: 'hand' | 'system';
  readonly when: string;
}

export const rows: readonly TaskRow[] = [
  { from: ['pending'], to: ['ready'], by: 'system', when: 'all dependencies completed or skipped' },
  { from: ['ready'], to: ['pending'], by: 'system', when: 'its depends_on was changed' },
  { from: ['ready'], to: ['in_progress'], by: 'hand', when: 'an agent starts it' },
  { from: ['in_progress'], to: ['waiting_human'], by: 'system', when: 'input requested on it' },
  { from: ['in_progress'], to: ['waiting_external'], by: 'hand', when: 'it waits for a signal' },
  { from: ['in_progress'], to: ['blocked'], by: 'hand', when: 'anything else it waits for (manual, mission)' },
  {
    from: ['waiting_external', 'blocked'],
    to: ['in_progress'],
    by: 'hand',
    when: 'its last blocker is resolved, or a hand leaves the wait',
  },
  { from: ['waiting_human'], to: ['in_progress'], by: 'system', when: 'its last blocker is resolved' },
  { from: ['in_progress'], to: ['completed', 'failed'], by: 'hand', when: 'it is done, or cannot be' },
  { from: ['waiting_external', 'blocked'], to: ['completed'], by: 'hand', when: 'an agent or user settles it by hand' },
  { from: waitingOrBlocked, to: ['failed'], by: 'hand', when: 'timed out, or given up' },
  { from: waitingOrBlocked, to: ['ready'], by: 'system', when: 'replan' },
  { from: [...open, 'failed'], to: ['skipped'], by: 'hand', when: 'it is not to be done' },
  { from: ['failed'], to: ['ready'], by: 'hand', when: 'retry' },
  // Not rows of the table, but of the text beneath it and of 4.1.
  {
    from: ['ready'],
    to: ['completed', 'waiting_external', 'blocked'],
    by: 'hand',
    when: 'through in_progress in one command',
  },
  { from: ['in_progress'], to: ['ready'], by: 'system', when: 'replan' },
];

export const pairs = statuses.flatMap((from) => statuses.map((to) => ({ from, to })));

/** The statuses that a PATCH may name. */
export const askable = (from: Status): Status[] =>
  statuses.filter((to) => rows.some((row) => row.by === 'hand' && row.from.includes(from) && row.to.includes(to)));

export const bySystem: readonly { from: Status; to: Status; when: string }[] = rows
  .filter((row) => row.by === 'system')
  .flatMap((row) => row.from.flatMap((from) => row.to.map((to) => ({ from, to, when: row.when }))));
