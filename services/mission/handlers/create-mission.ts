import { Problem } from '@missions/contracts/errors.ts';
import { createMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { replay } from '@missions/persistence/idempotency.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { create } from '../domain/create.ts';
import { openBlockers } from '../domain/state.ts';
import { insertMission } from '../store/create-mission.ts';
import { rowsOf } from '../store/rows.ts';
import { actorOf, type Context, problemOf } from './change.ts';
import { type Moved, settle } from './settle.ts';

/** One statement, unless the plan waits for something at once: then kept signals are asked first, in one transaction with it. */
export const createMissionEndpoint = ({ db, clock, newId, admit, hint }: Context) =>
  endpoint(createMission, async ({ caller, idempotency, input }) => {
    admit();
    const { customer_id, user_id } = caller;
    if (user_id === null) throw new Problem('VALIDATION_FAILED', 'user_id: say whose mission it is.', { errors: [{ path: '/user_id', message: 'is required' }] });
    const circumstances = { at: clock.now().toISOString(), actor: actorOf(caller, input.conversation_id ?? ''), newId };
    const decision = create({ customer_id, user_id }, input, circumstances);
    if (decision.kind === 'refused') throw problemOf(decision);
    if (decision.kind === 'ignored') throw new Error(`a creation was ignored: ${decision.because}`);

    const insert = (tx: Tx, { next, changes }: Moved) => {
      tx.afterCommit(() => hint(customer_id, user_id, { mission_id: next.id, version: 1 }));
      return insertMission(tx, rowsOf({ before: null, next, changes, ...circumstances }), idempotency);
    };
    const waits = openBlockers(decision.next).length > 0;
    try {
      return waits ? await transaction(db, async (tx) => insert(tx, await settle(tx, null, decision, circumstances))) : await insert(autocommit(db), decision);
    } catch (error) {
      return { ...(await replay(db, idempotency, error)), replayed: true };
    }
  });
