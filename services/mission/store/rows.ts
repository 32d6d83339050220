import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { HistoryEntry, RecordedDecision } from '../domain/events.ts';
import { searchText } from './search.ts';

/** The rows that one decision writes. */
export interface Rows {
  readonly mission: object;
  readonly tasks: readonly object[];
  readonly history: readonly HistoryEntry[];
  readonly blockers: readonly object[];
  readonly outbox: readonly EventEnvelope[];
  /** The text that the full-text search finds the mission by; null: as it was. */
  readonly search: string | null;
}

/**
 * Only tasks and blockers that the decision touched are written: the domain replaces the objects it changes, so
 * identity shows which.
 */
export function rowsOf({ before, mission: saved, derived, history, events }: RecordedDecision): Rows {
  const { tasks, blockers, ...fields } = saved;
  const { id: mission_id, customer_id } = saved;
  const known = new Set<unknown>([...(before?.tasks ?? []), ...(before?.blockers ?? [])]);
  return {
    mission: { ...fields, ...derived },
    tasks: tasks.filter((task) => !known.has(task)).map((task) => ({ ...task, mission_id, customer_id })),
    blockers: blockers
      .filter((blocker) => !known.has(blocker))
      .map((blocker) => ({ ...blocker, mission_id, customer_id })),
    history,
    outbox: events,
    search: before !== null && searchText(before) === searchText(saved) ? null : searchText(saved),
  };
}

/** Joins JSON arrays into one without parsing them. */
export function joinedArrays(arrays: readonly string[]): string {
  if (arrays.length === 1) return arrays[0] as string;
  return `[${arrays
    .filter((text) => text.length > 2)
    .map((text) => text.slice(1, -1))
    .join(',')}]`;
}
