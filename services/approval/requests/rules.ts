import * as contract from '@missions/contracts/approval/rules.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { knownZone } from '@missions/contracts/zone.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { Context } from '../commands/execute-command.ts';
import * as store from '../store/approval-rules.ts';
import { deedOf, type OwnDecision, personOf, recorded, userOf } from './own-decisions.ts';

const own: OwnDecision = {
  named: 'rules',
  kind: 'approval_rule',
  refusal: 'Rules are made by the user alone: an agent can ask, and not decide what is answered.',
};

/** What users have decided beforehand. Only they make, change and remove it. */
export const ruleEndpoints = (context: Context): Endpoint[] => [
  endpoint(contract.listRules, async ({ caller }) => ({
    body: { approval_rules: await store.listRules(autocommit(context.db), userOf(caller, own)) },
  })),
  endpoint(contract.readRule, async ({ caller, input: { rule_id } }) => ({
    body: known(await store.readRule(autocommit(context.db), userOf(caller, own), rule_id)),
  })),
  add(context),
  change(context),
  remove(context),
  endpoint(contract.moveRules, async ({ caller, input: { time_zone } }) => {
    await store.moveRules(autocommit(context.db), personOf(caller, own), knownZone(time_zone));
    return { body: {} };
  }),
];

/** Enough for a person to know what they say. */
const MAX_RULES = 200;

const add = ({ db, clock, newId, admit }: Context) =>
  endpoint(contract.addRule, async ({ caller, idempotency, input: rule }) => {
    admit();
    const id = newId();
    const made = deedOf(caller, own, 'approval_rule.made', id);
    return await executeOnce(db, idempotency, async (tx) => {
      const user = personOf(caller, own);
      await store.lockRules(tx, user);
      if ((await store.listRules(tx, user)).length >= MAX_RULES)
        throw invalid([
          { path: '', message: `you have ${MAX_RULES} rules: remove one by DELETE before you add another` },
        ]);
      const zone = await store.zoneOfRules(tx, user);
      const stored = ahead(await store.insertRule(tx, user, { ...rule, id, zone }, dueBy(clock)), rule.until);
      await recordDeeds(tx, [{ ...made, result: 'done' }]);
      return { body: JSON.stringify(stored), missionId: null };
    }).catch(recorded(db, made));
  });

const change = ({ db, admit }: Context) =>
  endpoint(contract.changeRule, async ({ caller, input: { rule_id, patch } }) => {
    admit();
    const changed = deedOf(caller, own, 'approval_rule.changed', rule_id);
    const body = await transaction(db, async (tx) => {
      const user = personOf(caller, own);
      const stored = known(await store.changeRule(tx, user, rule_id, patch));
      await recordDeeds(tx, [{ ...changed, result: 'done' }]);
      return stored;
    }).catch(recorded(db, changed));
    return { body };
  });

const remove = ({ db, admit }: Context) =>
  endpoint(contract.removeRule, async ({ caller, input: { rule_id } }) => {
    admit();
    const removed = deedOf(caller, own, 'approval_rule.removed', rule_id);
    await transaction(db, async (tx) => {
      if (!(await store.removeRule(tx, personOf(caller, own), rule_id))) throw noRule();
      await recordDeeds(tx, [{ ...removed, result: 'done' }]);
    }).catch(recorded(db, removed));
    return { body: {} };
  });

/** A rule that begins when it is over would be a mistake in the date. */
function ahead<R extends { readonly until: string | null; readonly created_at: string }>(
  stored: R,
  until: string | null | undefined,
): R {
  if (stored.until !== null && stored.until <= stored.created_at)
    throw invalid([{ path: '/until', message: `must be in the future, and ${until} is past` }]);
  return stored;
}

const noRule = (): Problem =>
  new Problem('NOT_FOUND', 'You have no such rule: GET /api/v1/approval-rules lists those you have.');
function known<R>(rule: R | undefined): R {
  if (rule === undefined) throw noRule();
  return rule;
}
