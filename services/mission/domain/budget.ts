import type { ChangeBuilder } from './mission-changes.ts';

/** What the scheduler says of the budget of the mission's runs: until when it is spent; null if something is left. */
export interface BudgetNews {
  readonly revision: number;
  readonly until: string | null;
}

/**
 * The scheduler counts, the mission only shows that it waits. The revision stays when the budget has renewed, so that a
 * late repetition of what was said before changes nothing.
 */
export function noteBudget(changes: ChangeBuilder, { revision, until }: BudgetNews): void {
  const { budget } = changes.mission;
  if (revision <= (budget?.revision ?? 0)) return;
  const was = budget?.until ?? null;
  const since = was === null || !budget ? changes.at : budget.since;
  changes.set({ budget: { revision, until, since } });
  changes.record('updated', {
    title: until === null ? 'The budget lets runs go again' : 'The budget of the day is spent',
    metadata: { changed: [] },
  });
}
