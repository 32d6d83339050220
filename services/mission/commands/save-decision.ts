import type { Tx } from '@missions/persistence/transaction.ts';
import type { CommandContext } from '../domain/mission-changes.ts';
import type { MissionChange } from '../domain/decision.ts';
import type { Mission } from '../domain/state.ts';
import { rowsOf } from '../store/rows.ts';
import { type Saved, saveMission } from '../store/save-mission.ts';
import { MAX_CALLERS_BYTES, MAX_MISSION_BYTES, refuseOversized } from '../store/size.ts';
import { storeEndSignal, type Moved, applySignals } from './apply-signals.ts';

/** Tells whoever looks on that something of a user's changed: lossy, and after the commit (architecture section 4, `live.*`). */
export type Notify = (customerId: string, userId: string, what: { mission_id: string; version: number }) => void;

export interface SavedDecision {
  readonly mission: Mission;
  readonly saved: Saved;
  readonly changes: readonly MissionChange[];
}

export interface SaveOptions {
  readonly wake: () => void;
  readonly hint: Notify;
  /** It is what came of a wait, and not what a caller asks for. */
  readonly outcome?: boolean;
}

/** The one way in which a decision about an existing mission is saved: with what kept signals make of it, its timers, and its end's signal. */
export async function saveDecision(
  tx: Tx,
  before: Mission,
  decision: Moved,
  circumstances: CommandContext,
  { wake, hint, outcome = false }: SaveOptions,
): Promise<SavedDecision> {
  const { next, changes } = await applySignals(tx, before, decision, circumstances);
  refuseOversized(next, outcome ? MAX_MISSION_BYTES : MAX_CALLERS_BYTES);
  const rows = rowsOf({ before, next, changes, ...circumstances });
  const saved = await saveMission(tx, rows);
  if (await storeEndSignal(tx, before, rows.saved, circumstances.at)) tx.afterCommit(wake);
  const { customer_id, user_id, id, version } = rows.saved;
  tx.afterCommit(() => hint(customer_id, user_id, { mission_id: id, version }));
  return { mission: rows.saved, saved, changes };
}
