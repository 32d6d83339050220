import { Type } from 'typebox';
import { closed } from '../fields.ts';
import { Preferences, PreferencesPatch } from '../notifier/preferences.ts';
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

export const notificationOperations = [getMyPreferences, updateMyPreferences] as const;
