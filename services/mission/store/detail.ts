import { shownEvent, shownMission, shownTask } from './columns.ts';
import type { Rows } from './rows.ts';

type Row = Readonly<Record<string, unknown>>;

/** How many history entries a mission is shown with unless asked otherwise. */
const SHOWN_EVENTS = 5;

/**
 * A mission that is being created, as it will be read by its id: the same members as `detailJson` makes of the rows in SQL. To ask the creating
 * statement for it as well doubled what it cost PostgreSQL. A spec holds the two against each other.
 */
export function detailOf({ mission, tasks, events, blockers }: Rows): object {
  return {
    ...pick(mission as Row, shownMission),
    // The domain keeps tasks in their order, waits by age and the history by sequence.
    tasks: tasks.map((task) => pick(task as Row, shownTask)),
    recent_events: events
      .slice(-SHOWN_EVENTS)
      .toReversed()
      .map((event) => pick(event as Row, shownEvent)),
    blockers: (blockers as readonly Row[])
      .filter(({ resolved_at }) => resolved_at === null)
      .map(({ key, kind, reason, task_id, opened_at, timeout_at }) => ({
        key,
        kind,
        reason,
        task_id,
        since: opened_at,
        until_at: timeout_at,
      })),
    // Questions are asked of missions that exist.
    input_requests: [],
  };
}

function pick(row: Row, columns: readonly string[]): Row {
  const shown: Record<string, unknown> = {};
  for (const column of columns) shown[column] = row[column];
  return shown;
}
