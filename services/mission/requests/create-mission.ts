import { Problem } from '@missions/contracts/errors.ts';
import { createMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { GroupCommit } from '@missions/persistence/group-commit.ts';
import { type StoredResult, replay } from '@missions/persistence/idempotency.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { decide } from '../domain/decide.ts';
import { openBlockers } from '../domain/state.ts';
import { type Creation, creationOf, insertMissions, weightOf } from '../store/create-mission.ts';
import { rowsOf } from '../store/rows.ts';
import { actorOf, type Context, problemOf } from '../commands/execute-command.ts';
import { holdLease } from '../commands/hold-lease.ts';
import { type Moved, applySignals } from '../commands/apply-signals.ts';

/**
 * One statement for all that come at the same time, unless the plan waits for something at once, or a run creates it: then kept signals, or the
 * run's lease, are asked first, in one transaction with it.
 */
export function createMissionEndpoint({ db, clock, newId, admit, hint }: Context) {
  const creations = new GroupCommit<Creation>({
    write: (group) => insertMissions(autocommit(db), group),
    name: ({ keyed }) => keyed,
    weight: weightOf,
  });

  return endpoint(createMission, async ({ caller, idempotency, run, input }) => {
    admit();
    const { customer_id, user_id } = caller;
    if (user_id === null)
      throw new Problem('VALIDATION_FAILED', 'user_id: say whose mission it is.', {
        errors: [{ path: '/user_id', message: 'is required' }],
      });
    const circumstances = { at: clock.now().toISOString(), actor: actorOf(caller, input.conversation_id ?? ''), newId };
    const owner = { customer_id, user_id };
    const decision = decide(null, { type: 'CreateMission', owner, mission: input }, circumstances);
    if (decision.kind === 'refused') throw problemOf(decision);
    if (decision.kind === 'ignored') throw new Error(`a creation was ignored: ${decision.because}`);

    const creation = ({ next, changes }: Moved): Creation =>
      creationOf(rowsOf({ before: null, next, changes, ...circumstances }), idempotency);
    const written = async (): Promise<StoredResult> => {
      if (!run && openBlockers(decision.next).length === 0) {
        const alone = creation(decision);
        await creations.commit(alone);
        return alone.answer;
      }
      return await transaction(db, async (tx) => {
        await holdLease(tx, caller, run);
        const settled = creation(await applySignals(tx, null, decision, circumstances));
        await insertMissions(tx, [settled]);
        return settled.answer;
      });
    };
    try {
      const answer = await written();
      hint(customer_id, user_id, { mission_id: decision.next.id, version: 1 });
      return answer;
    } catch (error) {
      return { ...(await replay(db, idempotency, error)), replayed: true };
    }
  });
}
