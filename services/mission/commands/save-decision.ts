import type { Tx } from '@missions/persistence/transaction.ts';
import type { Circumstances } from '../domain/draft.ts';
import type { Change } from '../domain/decision.ts';
import type { Mission } from '../domain/state.ts';
import { rowsOf } from '../store/rows.ts';
import { type Saved, saveMission } from '../store/save-mission.ts';
import { MAX_CALLERS_BYTES, MAX_MISSION_BYTES, refuseOversized } from '../store/size.ts';
import { announceEnd, type Moved, settle } from './settle.ts';

/** Tells whoever looks on that something of a user's changed: lossy, and after the commit (ARCHITECTURE section 4, `live.*`). */
export type Hint = (customerId: string, userId: string, what: { mission_id: string; version: number }) => void;

export interface Committed {
  readonly mission: Mission;
  readonly saved: Saved;
  readonly changes: readonly Change[];
}

export interface Committing {
  readonly wake: () => void;
  readonly hint: Hint;
  /** It is what came of a wait, and not what a caller asks for. */
  readonly outcome?: boolean;
}

/** The one way in which a decision about an existing mission is saved: with what kept signals make of it, its timers, and its end's signal. */
export async function commit(
  tx: Tx,
  before: Mission,
  decision: Moved,
  circumstances: Circumstances,
  { wake, hint, outcome = false }: Committing,
): Promise<Committed> {
  const { next, changes } = await settle(tx, before, decision, circumstances);
  refuseOversized(next, outcome ? MAX_MISSION_BYTES : MAX_CALLERS_BYTES);
  const rows = rowsOf({ before, next, changes, ...circumstances });
  const saved = await saveMission(tx, rows);
  if (await announceEnd(tx, before, rows.saved, circumstances.at)) tx.afterCommit(wake);
  const { customer_id, user_id, id, version } = rows.saved;
  tx.afterCommit(() => hint(customer_id, user_id, { mission_id: id, version }));
  return { mission: rows.saved, saved, changes };
}
