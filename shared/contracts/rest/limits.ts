import { Type } from 'typebox';
import { closed } from '../fields.ts';
import { CustomerLimits, CustomerLimitsBody, Limits, LimitsBody, UsageFilter, UsedDays } from '../scheduler/limits.ts';
import { operation } from './operation.ts';

/** How much agents may do for me in a day without me (specification section 3.7). */
const mine = '/api/v1/limits';
const ofMission = '/api/v1/missions/{mission_id}/limits';
const tag = 'for users';
const read = { method: 'get', tag, query: Type.Object({}, closed), response: Limits, status: 200 } as const;
const write = {
  method: 'put',
  tag,
  deed: 'limits.changed',
  fenced: true,
  body: LimitsBody,
  response: Limits,
  status: 200,
} as const;

export const getMyLimits = operation({
  ...read,
  id: 'getMyLimits',
  path: mine,
  summary: 'How much agents may do for me in a day; null: as much as they like',
  refusals: [],
});

export const setMyLimits = operation({
  ...write,
  id: 'setMyLimits',
  path: mine,
  summary: 'Limit what agents may do for me in a day; what is left out is not limited',
  description: 'The tightest of these limits and those of a mission counts. A day begins at my midnight.',
  refusals: [],
});

export const getMyMissionLimits = operation({
  ...read,
  id: 'getMyMissionLimits',
  path: ofMission,
  summary: 'How much agents may do for one of my missions in a day',
  refusals: ['MISSION_NOT_FOUND'],
});

export const setMyMissionLimits = operation({
  ...write,
  id: 'setMyMissionLimits',
  path: ofMission,
  summary: 'Limit what agents may do for one of my missions in a day',
  refusals: ['MISSION_NOT_FOUND'],
});

export const getMyUsage = operation({
  ...read,
  id: 'getMyUsage',
  path: '/api/v1/usage',
  summary: 'What agents used for me in each of the latest days, today first',
  query: UsageFilter,
  response: UsedDays,
  refusals: [],
});

const ofCustomer = {
  path: '/api/internal/limits',
  tag: 'runs',
  response: CustomerLimits,
  refusals: ['FORBIDDEN'],
} as const;

export const getCustomerLimits = operation({
  ...read,
  ...ofCustomer,
  id: 'getCustomerLimits',
  summary: 'How much agents may do in a day for all users of my customer together',
});

export const setCustomerLimits = operation({
  ...write,
  ...ofCustomer,
  id: 'setCustomerLimits',
  summary: 'Limit what agents may do in a day for my customer; what is left out is not limited',
  description: 'For the trusted backend alone. The tightest of these limits and those of users and missions counts.',
  body: CustomerLimitsBody,
});

export const limitOperations = [
  getMyUsage,
  getMyLimits,
  setMyLimits,
  getMyMissionLimits,
  setMyMissionLimits,
  getCustomerLimits,
  setCustomerLimits,
] as const;
