import { type Static, Type } from 'typebox';
import { closed, Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';
import { Option } from './input-request.ts';

/**
 * What a user has decided beforehand (specification section 8 "Rules"): questions whose action matches are answered with
 * `option` when they are asked.
 */
const fields = { minProperties: 1, maxProperties: 20 };
export const RuleMatch = Type.Object(
  {
    agent_id: Type.Optional(Identifier),
    action_type: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    max: Type.Optional(
      Type.Record(Type.String(), Type.Number(), {
        ...fields,
        description: 'fields of the action that are numbers, with the most that each may be: {"amount": 50}',
      }),
    ),
    allowed: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String({ maxLength: 1000 }), { minItems: 1, maxItems: 200 }), {
        ...fields,
        description: 'fields of the action that are texts, or lists of texts, with what each may be',
      }),
    ),
  },
  { ...closed, minProperties: 1, description: 'all that is said must hold; a field that is missing never does' },
);
export type RuleMatch = Static<typeof RuleMatch>;

const chosen = {
  match: RuleMatch,
  option: { ...Option.properties.id, description: 'id of the option that is chosen; a question without it is asked' },
};
const bounds = {
  until: Type.Optional(Nullable(Time)),
  max_uses_per_day: Type.Optional(
    Nullable(Type.Integer({ minimum: 1, maximum: 100_000, description: 'in a day of my time zone' })),
  ),
};
export const NewApprovalRule = Type.Object({ ...chosen, ...bounds }, closed);
export type NewApprovalRule = Static<typeof NewApprovalRule>;

export const ApprovalRulePatch = Type.Object(
  {
    match: Type.Optional(chosen.match),
    option: Type.Optional(chosen.option),
    ...bounds,
    enabled: Type.Optional(Type.Boolean({ description: 'false switches it off at once' })),
  },
  { ...closed, minProperties: 1 },
);
export type ApprovalRulePatch = Static<typeof ApprovalRulePatch>;

export const ApprovalRule = Type.Object(
  {
    id: Uuid,
    match: RuleMatch,
    option: Type.String(),
    until: Nullable(Time),
    max_uses_per_day: Nullable(Type.Integer()),
    enabled: Type.Boolean(),
    /** Questions that it has answered: on the day of the last one, and ever. */
    uses_today: Type.Integer(),
    uses: Type.Integer(),
    last_used_at: Nullable(Time),
    created_at: Time,
  },
  { $id: 'ApprovalRule' },
);
export type ApprovalRule = Static<typeof ApprovalRule>;
export const ApprovalRules = Type.Object({ approval_rules: Type.Array(ApprovalRule) }, { $id: 'ApprovalRules' });

/** Requests to the approval service, of the caller's user alone. */
const one = { rule_id: Uuid };
export const listRules = defineRequest('approval', 'rules', Type.Object({}), ApprovalRules);
export const readRule = defineRequest('approval', 'rule', Type.Object(one), ApprovalRule);
export const addRule = defineRequest('approval', 'add_rule', NewApprovalRule, ApprovalRule);
export const changeRule = defineRequest(
  'approval',
  'change_rule',
  Type.Object({ ...one, patch: ApprovalRulePatch }),
  ApprovalRule,
);
export const removeRule = defineRequest('approval', 'remove_rule', Type.Object(one), Type.Object({}));
/** In this zone the user's days begin; UTC if it is not known. */
export const moveRules = defineRequest(
  'approval',
  'move_rules',
  Type.Object({ time_zone: Nullable(Type.String({ minLength: 1, maxLength: 64 })) }),
  Type.Object({}),
);
