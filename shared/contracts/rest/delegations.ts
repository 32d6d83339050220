import { Type } from 'typebox';
import { Delegation, Delegations, NewDelegation } from '../approval/delegations.ts';
import { closed } from '../fields.ts';
import { operation } from './operation.ts';

/** Who answers my questions for a while (specification section 8 "Delegation"): only a person says so. */
const delegations = '/api/v1/delegations';
const tag = 'for users';

export const listMyDelegations = operation({
  id: 'listMyDelegations',
  method: 'get',
  path: delegations,
  tag,
  summary: 'Who answers my questions, and whose I answer; what is over is left out',
  query: Type.Object({}, closed),
  response: Delegations,
  status: 200,
  refusals: [],
});

export const createMyDelegation = operation({
  id: 'createMyDelegation',
  method: 'post',
  path: delegations,
  tag,
  summary: 'Let somebody see and answer my questions for a while, also those that stand already; at most 50 at once',
  description: 'Both names are recorded in the answer. What gives an agent more power stays with me.',
  deed: 'delegation.made',
  fenced: true,
  body: NewDelegation,
  response: Delegation,
  status: 201,
  refusals: ['FORBIDDEN'],
});

export const endMyDelegation = operation({
  id: 'endMyDelegation',
  method: 'delete',
  path: `${delegations}/{delegation_id}`,
  tag,
  summary: 'End a delegation at once, one that I have given or one that I was given; what was answered stays answered',
  deed: 'delegation.ended',
  fenced: true,
  response: Type.Null(),
  status: 204,
  refusals: ['NOT_FOUND', 'FORBIDDEN'],
});

export const delegationOperations = [listMyDelegations, createMyDelegation, endMyDelegation] as const;
