import { Problem } from '@missions/contracts/errors.ts';
import type { Caller, Idempotency, RunClaim } from '@missions/contracts/request.ts';
import type { Database } from '@missions/persistence/database.ts';
import { executeOnce, type StoredResult } from '@missions/persistence/idempotency.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Actor, MissionChange as DecidedChange, Refusal } from '../domain/decision.ts';
import type { Mission } from '../domain/state.ts';
import { lockMission } from '../store/load-mission.ts';
import type { Saved } from '../store/save-mission.ts';
import { saveDecision, type Notify } from './save-decision.ts';
import type { SignalDelivery } from '../jobs/deliver-signals.ts';

export interface Context {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Throws `UNAVAILABLE` while so many events wait to be delivered that no more may be taken. */
  readonly admit: () => void;
  /** Signals on their way to the waits that they free. */
  readonly deliveries: SignalDelivery;
  readonly hint: Notify;
}

export interface ExecuteOptions {
  readonly mission_id: string;
  readonly command: Command;
  readonly conversation_id?: string | undefined;
  /** The version the caller saw; the change is refused when it is no longer that one. */
  readonly if_match?: number | undefined;
}

export interface Executed {
  readonly mission: Mission;
  /** null: nothing changed, so nothing was written. */
  readonly saved: Saved | null;
  readonly changes: readonly DecidedChange[];
}

/** Load, decide, save and answer in one transaction, once per idempotency key. */
export async function executeCommand(
  { db, clock, newId, admit, deliveries, hint }: Context,
  { caller, idempotency, run }: { caller: Caller; idempotency?: Idempotency; run?: RunClaim },
  { mission_id, command, conversation_id = '', if_match }: ExecuteOptions,
  answer: (tx: Tx, changed: Executed) => Promise<string>,
): Promise<StoredResult & { replayed: boolean }> {
  admit();
  return executeOnce(db, idempotency, async (tx) => {
    const before = await lockMission(tx, caller, mission_id, command.type === 'Restore');
    if (if_match !== undefined && if_match !== before.version) {
      throw new Problem(
        'VERSION_MISMATCH',
        `The mission is at version ${before.version}, not ${if_match}. Read it again and decide anew.`,
        { version: before.version },
      );
    }
    const at = clock.now().toISOString();
    const actor = { ...actorOf(caller, conversation_id), ...(run && { run }) };
    const decision = decide(before, command, { at, actor, newId });
    switch (decision.kind) {
      case 'refused':
        throw problemOf(decision);
      case 'ignored':
        return { body: await answer(tx, { mission: before, saved: null, changes: [] }), version: before.version };
      case 'moved': {
        const { mission, saved, changes } = await saveDecision(
          tx,
          before,
          decision,
          { at, actor, newId },
          { wake: deliveries.wake, hint },
        );
        return { body: await answer(tx, { mission, saved, changes }), version: mission.version };
      }
      default:
        return decision satisfies never;
    }
  });
}

export const problemOf = ({ code, detail, members }: Refusal): Problem => new Problem(code, detail, members);

/** Whoever holds the service secret or an agent's key acts as an agent; only a signed-in person acts as the user. */
export const actorOf = (caller: Caller, conversationId: string): Actor => ({
  kind: caller.kind === 'user' ? 'user' : 'agent',
  agent_id: caller.agent_id,
  conversation_id: conversationId,
});
