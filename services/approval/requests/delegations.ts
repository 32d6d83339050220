import * as contract from '@missions/contracts/approval/delegations.ts';
import { byCaller, type IntendedDeed } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { recordRefusal } from '@missions/persistence/audit/refusals.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { Context } from '../commands/execute-command.ts';
import { tellDelegation } from '../commands/tell-delegates.ts';
import type { UserKey } from '../store/approval-rules.ts';
import * as store from '../store/delegations.ts';

/** Who answers whose questions for a while. Only the user gives it; both sides end it. */
export const delegationEndpoints = (context: Context): Endpoint[] => [
  endpoint(contract.listDelegations, async ({ caller }) => {
    const { db, clock } = context;
    return { body: { delegations: await store.listDelegations(autocommit(db), userOf(caller), dueBy(clock)) } };
  }),
  endpoint(contract.listDelegators, async ({ caller }) => {
    const { db, clock } = context;
    return { body: { user_ids: await store.delegatorsOf(autocommit(db), userOf(caller), dueBy(clock)) } };
  }),
  add(context),
  end(context),
];

const add = (context: Context) =>
  endpoint(contract.addDelegation, async ({ caller, idempotency, input }) => {
    const { db, clock, newId, admit } = context;
    admit();
    const id = newId();
    const made = deed(caller, 'delegation.made', id);
    return await executeOnce(db, idempotency, async (tx) => {
      const user = personOf(caller);
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
    const ended = deed(caller, 'delegation.ended', id);
    await transaction(db, async (tx) => {
      const user = personOf(caller);
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

function userOf({ customer_id, user_id }: Caller): UserKey {
  if (user_id === null) throw invalid([{ path: 'user_id', message: 'is required: say whose delegations' }]);
  return { customer_id, user_id };
}

/** A person, or the trusted backend for one. @throws Problem FORBIDDEN for an agent */
function personOf(caller: Caller): UserKey {
  if (caller.kind !== 'user')
    throw new Problem(
      'FORBIDDEN',
      'Who answers for a user is said by the user alone: an agent can ask, and not choose who answers.',
    );
  return userOf(caller);
}

const recorded =
  (db: Context['db'], of: IntendedDeed) =>
  async (error: unknown): Promise<never> => {
    await recordRefusal(db, [of], error);
    throw error;
  };

const deed = (caller: Caller, action: IntendedDeed['action'], id: string): IntendedDeed => ({
  customer_id: caller.customer_id,
  by: byCaller(caller),
  action,
  target: { kind: 'delegation', id },
  mission_id: null,
});
