import { decide, type Timer } from './timer.ts';

/** A set of one timer, or a cancel if `fire_at` is null. */
export interface TimerRevision {
  readonly owner: string;
  readonly key: string;
  readonly revision: number;
  readonly fire_at: string | null;
}

export interface LatestRevisions<C extends TimerRevision> {
  /** The changes to store: at most one for each timer. */
  readonly winners: readonly C[];
  /** Changes with the same or a lower revision than another change of their timer. */
  readonly ignored: readonly C[];
}

/**
 * Reduces changes to the one that holds for each timer, because one statement may write a row only once. Deciding the
 * changes one after the other would end the same: only the highest revision holds, whatever is stored.
 */
export function latestRevisions<C extends TimerRevision>(changes: readonly C[]): LatestRevisions<C> {
  const timers = new Map<string, { timer: Timer; winner: C }>();
  const ignored: C[] = [];
  for (const change of changes) {
    const { owner, key, revision, fire_at } = change;
    const id = `${owner}/${key}`;
    const before = timers.get(id);
    const decision = decide(
      before?.timer ?? null,
      fire_at === null ? { type: 'Cancel', revision, at: '' } : { type: 'Set', revision, fire_at },
    );
    if (decision.kind === 'moved') timers.set(id, { timer: decision.next, winner: change });
    else ignored.push(change);
  }
  return { winners: [...timers.values()].map(({ winner }) => winner), ignored };
}
