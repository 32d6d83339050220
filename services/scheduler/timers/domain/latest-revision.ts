import { decide, type Timer } from './timer.ts';

/** A set, or (without `fire_at`) a cancel, of one timer. */
export interface TimerRevision {
  readonly owner: string;
  readonly key: string;
  readonly revision: number;
  readonly fire_at: string | null;
}

export interface LatestRevisions<C extends TimerRevision> {
  /** What is left to be stored: at most one for each timer. */
  readonly winners: readonly C[];
  /** Older than, or the same as, another of them. */
  readonly ignored: readonly C[];
}

/**
 * Many changes as one for each timer, so that they fit into one statement, which may touch a row once. Deciding one after the other ends
 * the same, because only the highest revision holds whatever is stored.
 */
export function latestRevisions<C extends TimerRevision>(changes: readonly C[]): LatestRevisions<C> {
  const timers = new Map<string, { timer: Timer; winner: C }>();
  const ignored: C[] = [];
  for (const change of changes) {
    const { owner, key, revision, fire_at } = change;
    const name = `${owner}/${key}`;
    const before = timers.get(name);
    const decision = decide(
      before?.timer ?? null,
      fire_at === null ? { type: 'Cancel', revision, at: '' } : { type: 'Set', revision, fire_at },
    );
    if (decision.kind === 'moved') timers.set(name, { timer: decision.next, winner: change });
    else ignored.push(change);
  }
  return { winners: [...timers.values()].map(({ winner }) => winner), ignored };
}
