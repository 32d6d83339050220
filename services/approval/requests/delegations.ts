import * as contract from '@missions/contracts/approval/delegations.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { Context } from '../commands/execute-command.ts';
import { tellDelegation } from '../commands/tell-delegates.ts';
import * as store from '../store/delegations.ts';
import { deedOf, type OwnDecision, personOf, recorded, userOf } from './own-decisions.ts';

const own: OwnDecision = {
  named: 'delegations',
  kind: 'delegation',
  refusal: 'Who answers for a user is said by the user alone: an agent can ask, and not choose who answers.',
};

/** Who answers whose questions for a while. Only the user gives it; both sides end it. */
export const delegationEndpoints = (context: Context): Endpoint[] => [
  endpoint(contract.listDelegations, async ({ caller }) => {
    const { db, clock } = context;
    return { body: { delegations: await store.listDelegations(autocommit(db), userOf(caller, own), dueBy(clock)) } };
  }),
  endpoint(contract.listDelegators, async ({ caller }) => {
    const { db, clock } = context;
    return { body: { user_ids: await store.delegatorsOf(autocommit(db), userOf(caller, own), dueBy(clock)) } };
  }),
  add(context),
  end(context),
];

const add = (context: Context) =>
  endpoint(contract.addDelegation, async ({ caller, idempotency, input }) => {
    const { db, clock, newId, admit } = context;
    admit();
    const id = newId();
    const made = deedOf(caller, own, 'delegation.made', id);
    return await executeOnce(db, idempotency, async (tx) => {
      const user = personOf(caller, own);
      if (input.to_user_id === user.user_id) throw invalid([{ path: '/to_user_id', message: 'name somebody else' }]);
      if ((await store.countGiven(tx, user, dueBy(clock))) >= contract.MAX_DELEGATIONS)
        throw invalid([
          {
            path: '',
            message: `you have given ${contract.MAX_DELEGATIONS}: end one by DELETE before you give another`,
          },
        ]);
      const stored = inBounds(await store.insertDelegation(tx, user, { ...input, id }, dueBy(clock)));
      await recordDeeds(tx, [{ ...made, result: 'done' }]);
      await tellDelegation(tx, context, user, stored);
      return { body: JSON.stringify(stored), missionId: null };
    }).catch(recorded(db, made));
  });

const end = (context: Context) =>
  endpoint(contract.endDelegation, async ({ caller, input: { delegation_id: id } }) => {
    const { db, clock, admit } = context;
    admit();
    const ended = deedOf(caller, own, 'delegation.ended', id);
    await transaction(db, async (tx) => {
      const user = personOf(caller, own);
      const removed = await store.removeDelegation(tx, user, id);
      if (!removed)
        throw new Problem('NOT_FOUND', 'You have no such delegation: GET /api/v1/delegations lists those you have.');
      await recordDeeds(tx, [{ ...ended, result: 'done' }]);
      await tellDelegation(tx, context, user, { ...removed, until: clock.now().toISOString() });
    }).catch(recorded(db, ended));
    return { body: {} };
  });

const DAY_MS = 86_400_000;

function inBounds(stored: contract.Delegation): contract.Delegation {
  const [from, until] = [Date.parse(stored.from), Date.parse(stored.until)];
  if (until <= from)
    throw invalid([{ path: '/until', message: `must be after ${stored.from}, when the delegation begins` }]);
  if (until - from > contract.MAX_DELEGATED_DAYS * DAY_MS)
    throw invalid([{ path: '/until', message: `must be at most ${contract.MAX_DELEGATED_DAYS} days after its begin` }]);
  return stored;
}
