import { Type } from 'typebox';
import { ApprovalRule, ApprovalRulePatch, ApprovalRules, NewApprovalRule } from '../approval/rules.ts';
import { closed } from '../fields.ts';
import { operation } from './operation.ts';

/** What I have decided beforehand (specification section 8 "Rules"): only a person makes it. */
const rules = '/api/v1/approval-rules';
const one = `${rules}/{rule_id}`;
const tag = 'for users';

export const listMyApprovalRules = operation({
  id: 'listMyApprovalRules',
  method: 'get',
  path: rules,
  tag,
  summary: 'My rules, which answer questions for me, oldest first',
  query: Type.Object({}, closed),
  response: ApprovalRules,
  status: 200,
  refusals: [],
});

export const createMyApprovalRule = operation({
  id: 'createMyApprovalRule',
  method: 'post',
  path: rules,
  tag,
  summary: 'Decide beforehand: questions whose action matches are answered with this option; at most 200 rules',
  description: 'It holds for questions that are asked from now on, and never for what is irreversible.',
  deed: 'approval_rule.made',
  fenced: true,
  body: NewApprovalRule,
  response: ApprovalRule,
  status: 201,
  refusals: ['FORBIDDEN'],
});

export const getMyApprovalRule = operation({
  id: 'getMyApprovalRule',
  method: 'get',
  path: one,
  tag,
  summary: 'One of my rules, and how often it has answered',
  query: Type.Object({}, closed),
  response: ApprovalRule,
  status: 200,
  refusals: ['NOT_FOUND'],
});

export const updateMyApprovalRule = operation({
  id: 'updateMyApprovalRule',
  method: 'patch',
  path: one,
  tag,
  summary: 'Change one of my rules, or switch it off at once; what is left out stays as it is',
  deed: 'approval_rule.changed',
  fenced: true,
  body: ApprovalRulePatch,
  response: ApprovalRule,
  status: 200,
  refusals: ['NOT_FOUND', 'FORBIDDEN'],
});

export const removeMyApprovalRule = operation({
  id: 'removeMyApprovalRule',
  method: 'delete',
  path: one,
  tag,
  summary: 'Remove one of my rules; what it has answered stays answered',
  deed: 'approval_rule.removed',
  fenced: true,
  response: Type.Null(),
  status: 204,
  refusals: ['NOT_FOUND', 'FORBIDDEN'],
});

export const approvalRuleOperations = [
  listMyApprovalRules,
  createMyApprovalRule,
  getMyApprovalRule,
  updateMyApprovalRule,
  removeMyApprovalRule,
] as const;
