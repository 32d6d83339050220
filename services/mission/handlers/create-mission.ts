import { Problem } from '@missions/contracts/errors.ts';
import { createMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { create } from '../domain/create.ts';
import { insertMission } from '../store/create-mission.ts';
import { rowsOf } from '../store/rows.ts';
import { actorOf, type Context, problemOf } from './change.ts';

export const createMissionEndpoint = ({ db, clock, newId, admit }: Context) =>
  endpoint(createMission, async ({ caller, idempotency, input }) => {
    admit();
    const { customer_id, user_id } = caller;
    if (user_id === null) throw new Problem('VALIDATION_FAILED', 'user_id: say whose mission it is.', { errors: [{ path: '/user_id', message: 'is required' }] });
    const at = clock.now().toISOString();
    const actor = actorOf(caller, input.conversation_id ?? '');
    const decision = create({ customer_id, user_id }, input, { at, actor, newId });
    if (decision.kind === 'refused') throw problemOf(decision);
    if (decision.kind === 'ignored') throw new Error(`a creation was ignored: ${decision.because}`);
    return insertMission(db, rowsOf({ before: null, next: decision.next, changes: decision.changes, actor, at, newId }), idempotency);
  });
