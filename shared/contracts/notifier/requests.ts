import { type Static, Type } from 'typebox';
import { closed, Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { BareAddress } from '../email/address.ts';
import { defineRequest } from '../request.ts';
import { noticeChannels, noticeTopics, Preferences, PreferencesPatch } from './preferences.ts';

/** Requests to the notifier. The user is always the caller's. */
const Nothing = Type.Object({}, closed);

const Zone = Type.String({ minLength: 1, maxLength: 64, description: 'e.g. Europe/Lisbon' });
const Language = Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', maxLength: 35, description: 'pt-PT' });
const Name = Type.String({ minLength: 1, maxLength: 200 });

/** What the identity provider says of a user. It is taken over where the user has said nothing. */
export const ProvidedProfile = Type.Object({
  name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  email_confirmed: Type.Boolean(),
  time_zone: Nullable(Type.String()),
  locale: Nullable(Type.String()),
});
export type ProvidedProfile = Static<typeof ProvidedProfile>;

export const UserProfile = Type.Object({
  name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  email_confirmed: Type.Boolean(),
  /** A code was mailed to it, which confirms it. */
  email_pending: Nullable(Type.String()),
  time_zone: Nullable(Type.String()),
  locale: Nullable(Type.String()),
});
export type UserProfile = Static<typeof UserProfile>;

export const ProfilePatch = Type.Object(
  {
    name: Type.Optional(Nullable(Name)),
    email: Type.Optional(Nullable(BareAddress)),
    time_zone: Type.Optional(Nullable(Zone)),
    locale: Type.Optional(Nullable(Language)),
  },
  { ...closed, minProperties: 1 },
);
export type ProfilePatch = Static<typeof ProfilePatch>;
export const AddressCode = Type.Object(
  { code: Type.String({ pattern: '^[0-9]{6,8}$', description: '01234567' }) },
  closed,
);

/** Reads the profile, after the provider's word is taken over. */
export const readProfile = defineRequest(
  'notifier',
  'profile',
  Type.Object({ provided: Type.Optional(ProvidedProfile) }),
  UserProfile,
);
export const changeProfile = defineRequest('notifier', 'change_profile', ProfilePatch, UserProfile);
export const confirmAddress = defineRequest('notifier', 'confirm_address', AddressCode, UserProfile);
export const readPreferences = defineRequest('notifier', 'preferences', Nothing, Preferences);
export const changePreferences = defineRequest('notifier', 'change_preferences', PreferencesPatch, Preferences);

/** By the address that a mail has for it (RFC 8058). Without `confirmed` it only says what would end. */
export const unsubscribe = defineRequest(
  'notifier',
  'unsubscribe',
  Type.Object({ token: Type.String({ minLength: 1, maxLength: 2_000 }), confirmed: Type.Boolean() }),
  Type.Object({ topics: Type.Array(Type.Enum([...noticeTopics, 'digest'])) }),
);

/** The channels on which the user can be told of a question before it ends. */
export const Reach = Type.Object({ channels: Type.Array(Type.Enum([...noticeChannels])) });
export const reachUser = defineRequest('notifier', 'reach', Nothing, Reach);

/** The user has looked at these on the page: nobody is told what they have just seen. */
export const noteSeen = defineRequest(
  'notifier',
  'seen',
  Type.Object({ request_ids: Type.Array(Type.String({ format: 'uuid' }), { maxItems: 200 }), at: Type.Optional(Time) }),
  Nothing,
);

/** What waits for a user, for an agent that chats with them. `id` is marked as told. */
const WaitingItem = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['question', 'outcome', 'failed', 'paused', 'stale', 'done']),
  mission_id: Uuid,
  mission_title: Type.String(),
  /** Of a question. */
  request_id: Nullable(Uuid),
  /** The question, or what the history says of the mission; an agent's words, which may quote strangers. */
  text: Type.String(),
  /** Until when something can be done about it. */
  until: Nullable(Time),
  at: Time,
});
export type WaitingItem = Static<typeof WaitingItem>;
export const Waiting = Type.Object({ notifications: Type.Array(WaitingItem) }, { $id: 'WaitingNotifications' });

const ToldId = Type.String({ minLength: 1, maxLength: 60, description: 'an id of the list' });
export const Told = Type.Object({ ids: Type.Array(ToldId, { minItems: 1, maxItems: 100 }) }, closed);
export const ToldNow = Type.Object({ ids: Type.Array(Type.String()) });

export const readWaiting = defineRequest('notifier', 'waiting', Nothing, Waiting);
/** The agent has told its user of these; of what changes they are told again. @returns those that were not told before */
export const markToldByAgent = defineRequest('notifier', 'told', Told, ToldNow);

/** By the address that a mail has for it, whose token says whose it is. */
const ActionToken = Type.Object({ token: Type.String({ minLength: 1, maxLength: 100 }) });
export const OpenedAction = Type.Object({
  customer_id: Identifier,
  user_id: Identifier,
  request_id: Uuid,
  is_used: Type.Boolean(),
});
export type OpenedAction = Static<typeof OpenedAction>;
export const openAction = defineRequest('notifier', 'open_action', ActionToken, OpenedAction);
/** The question is decided: its links are of no use any more. */
export const burnAction = defineRequest('notifier', 'burn_action', ActionToken, Nothing);
