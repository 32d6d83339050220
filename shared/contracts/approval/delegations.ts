import { type Static, Type } from 'typebox';
import { closed, Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { defineRequest } from '../request.ts';

/** Somebody answers a user's questions for a while (specification section 8 "Delegation"). */
export const MAX_DELEGATIONS = 50;
export const MAX_DELEGATED_DAYS = 366;

export const NewDelegation = Type.Object(
  {
    to_user_id: { ...Identifier, description: 'a user of the same customer, who sees and answers my questions' },
    from: Type.Optional(Nullable({ ...Time, description: 'default: from now on' })),
    until: Time,
  },
  closed,
);
export type NewDelegation = Static<typeof NewDelegation>;

export const Delegation = Type.Object(
  {
    id: Uuid,
    /** Whose questions they are. */
    user_id: Identifier,
    to_user_id: Identifier,
    from: Time,
    until: Time,
    created_at: Time,
  },
  { $id: 'Delegation' },
);
export type Delegation = Static<typeof Delegation>;
export const Delegations = Type.Object({ delegations: Type.Array(Delegation) }, { $id: 'Delegations' });

/** Requests to the approval service, of the caller's user alone. */
export const listDelegations = defineRequest('approval', 'delegations', Type.Object({}), Delegations);
export const addDelegation = defineRequest('approval', 'add_delegation', NewDelegation, Delegation);
export const endDelegation = defineRequest(
  'approval',
  'end_delegation',
  Type.Object({ delegation_id: Uuid }),
  Type.Object({}),
);
/** Whose questions the caller's user answers at this moment. */
export const listDelegators = defineRequest(
  'approval',
  'delegators',
  Type.Object({}),
  Type.Object({ user_ids: Type.Array(Identifier) }),
);
