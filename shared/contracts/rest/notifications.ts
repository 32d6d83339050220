import { Type } from 'typebox';
import { closed, Identifier } from '../fields.ts';
import { Preferences, PreferencesPatch } from '../notifier/preferences.ts';
import { Told, ToldNow, Waiting } from '../notifier/requests.ts';
import { operation } from './operation.ts';

/** What I want to be told, where, and when not (specification section 11). */
const preferences = '/api/v1/notifications/preferences';
const tag = 'for users';

export const getMyPreferences = operation({
  id: 'getMyPreferences',
  method: 'get',
  path: preferences,
  tag,
  summary: 'What I am told, on which channels, and when not',
  query: Type.Object({}, closed),
  response: Preferences,
  status: 200,
  refusals: [],
});

export const updateMyPreferences = operation({
  id: 'updateMyPreferences',
  method: 'patch',
  path: preferences,
  tag,
  summary: 'Change what I am told; what is left out stays as it is',
  description: 'What waits for me is told by the new wishes from then on.',
  deed: 'preferences.changed',
  fenced: true,
  body: PreferencesPatch,
  response: Preferences,
  status: 200,
  refusals: [],
});

const ofAgents = '/api/internal/notifications';

export const listNotifications = operation({
  id: 'listNotifications',
  method: 'get',
  path: ofAgents,
  tag: 'notifications',
  summary: 'What waits for the user and no agent has told them yet, the oldest first; at most 50',
  query: Type.Object({ user_id: Type.Optional(Identifier) }, closed),
  response: Waiting,
  status: 200,
  refusals: [],
});

export const markNotificationsTold = operation({
  id: 'markNotificationsTold',
  method: 'post',
  path: `${ofAgents}/told`,
  tag: 'notifications',
  summary: 'The agent has told the user of these: they are not listed again, until something changes',
  description: 'Answers those that were not told before. Mail and push go on as the user wants them.',
  repeatable: true,
  fenced: true,
  body: Type.Object(
    { ...Told.properties, user_id: Type.Optional(Identifier), agent_id: Type.Optional(Identifier) },
    closed,
  ),
  response: ToldNow,
  status: 200,
  refusals: [],
});

export const notificationOperations = [
  getMyPreferences,
  updateMyPreferences,
  listNotifications,
  markNotificationsTold,
] as const;
