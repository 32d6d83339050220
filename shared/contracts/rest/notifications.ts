import { Type } from 'typebox';
import { closed, Identifier } from '../fields.ts';
import { NewDevice, PushDevice, PushDevices } from '../notifier/devices.ts';
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
  scope: 'missions',
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
  scope: 'missions',
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

const devices = '/api/v1/notifications/devices';

export const listMyDevices = operation({
  id: 'listMyDevices',
  method: 'get',
  path: devices,
  tag,
  summary: 'The browsers that show me push messages, oldest first, and the key that a new one subscribes with',
  query: Type.Object({}, closed),
  response: PushDevices,
  status: 200,
  refusals: [],
});

export const addMyDevice = operation({
  id: 'addMyDevice',
  method: 'post',
  path: devices,
  tag,
  summary: 'Have a browser show me push messages; at most 20',
  description:
    'The body is what `PushSubscription.toJSON()` says, with a name. The same endpoint again replaces the device: of ' +
    'another user, too, because it is the same browser. Endpoint and keys are never shown again.',
  deed: 'device.added',
  fenced: true,
  repeatable: true,
  body: NewDevice,
  response: PushDevice,
  status: 201,
  refusals: [],
});

export const removeMyDevice = operation({
  id: 'removeMyDevice',
  method: 'delete',
  path: `${devices}/{device_id}`,
  tag,
  summary: 'Send one of my browsers no push messages any more',
  deed: 'device.removed',
  fenced: true,
  response: Type.Null(),
  status: 204,
  refusals: ['NOT_FOUND'],
});

export const notificationOperations = [
  getMyPreferences,
  updateMyPreferences,
  listNotifications,
  markNotificationsTold,
  listMyDevices,
  addMyDevice,
  removeMyDevice,
] as const;
