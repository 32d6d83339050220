import { missionEndKey } from '@missions/contracts/waits.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { decide } from '../domain/decide.ts';
import type { Decision } from '../domain/decision.ts';
import type { CommandContext } from '../domain/mission-changes.ts';
import { isClosed, type Mission, openBlockers, statusOf } from '../domain/state.ts';
import { keepSignal, takeKeptSignal } from '../store/signals.ts';

export type Moved = Extract<Decision, { kind: 'moved' }>;

/**
 * A signal may have come before its wait: whatever a decision opened is held against the kept signals in the same transaction, and goes on at
 * once when one fits. What goes on may open further waits (a dependant that only waits), so this repeats until nothing new has opened. Keys
 * are asked in order, so that two openers of the same keys wait for each other in one direction.
 */
export async function applySignals(
  tx: Tx,
  before: Mission | null,
  decision: Moved,
  circumstances: CommandContext,
): Promise<Moved> {
  let { next } = decision;
  const changes = [...decision.changes];
  const asked = new Set(before?.blockers.map((blocker) => blocker.id));
  for (;;) {
    const opened = openBlockers(next).filter((blocker) => !asked.has(blocker.id) && blocker.kind !== 'human_input');
    if (opened.length === 0) return { kind: 'moved', next, changes };
    for (const blocker of opened.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      asked.add(blocker.id);
      const signal = await takeKeptSignal(tx, next, blocker, circumstances.at);
      const freed = signal && decide(next, { type: 'ReceiveSignal', blocker_id: blocker.id, signal }, circumstances);
      if (freed?.kind !== 'moved') continue;
      ({ next } = freed);
      changes.push(...freed.changes);
    }
  }
}

/** Ending a mission signals `mission:<id>`, so that another mission may wait for it (specification section 4.1). Answers whether any does. */
export async function storeEndSignal(tx: Tx, before: Mission, after: Mission, at: string): Promise<boolean> {
  if (isClosed(before) || !isClosed(after)) return false;
  const data = { mission_id: after.id, status: statusOf(after), outcome: after.outcome };
  // One end is one signal; a mission that is reopened and ends again has another version, and signals again.
  const { waiters } = await keepSignal(tx, after.customer_id, missionEndKey(after.id), {
    id: `${after.id}:${after.version}`,
    data,
    final: true,
    received_at: at,
  });
  return waiters > 0;
}
