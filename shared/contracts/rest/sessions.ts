import { Type } from 'typebox';
import { closed, Identifier, Nullable, Time, Uuid } from '../fields.ts';
import { AddressCode, ProfilePatch } from '../notifier/requests.ts';
import { operation } from './operation.ts';

/** Who I am, and where I am signed in (specification section 5 "Signing in"). */
const tag = 'for users';

const via = 'one-time code, identity provider';
const Via = Type.Enum(['code', 'oidc'], { description: via });

const Me = Type.Object(
  {
    customer_id: Identifier,
    user_id: Identifier,
    name: Nullable(Type.String()),
    email: Nullable(Type.String()),
    email_confirmed: Type.Boolean({ description: 'by the identity provider, or by a code that was mailed to it' }),
    email_pending: Nullable(
      Type.String({ description: 'an address that a code was mailed to; it is used once I confirm it' }),
    ),
    time_zone: Nullable(Type.String({ description: 'e.g. Europe/Lisbon' })),
    locale: Nullable(Type.String({ description: 'e.g. pt-PT' })),
    signed_in_via: Type.Enum(['code', 'oidc', 'token', 'backend'], {
      description: `${via}, a token of the identity provider, a trusted backend`,
    }),
    signed_in_at: Nullable(Time),
    operator: Type.Boolean({ description: 'may call `/api/operate`' }),
  },
  closed,
);

const Session = Type.Object(
  {
    id: Uuid,
    current: Type.Boolean({ description: 'the one that makes this call' }),
    signed_in_via: Via,
    signed_in_at: Time,
    last_seen_at: Time,
    expires_at: Type.String({ format: 'date-time', description: 'when it ends at the latest' }),
  },
  closed,
);

export const getMe = operation({
  id: 'getMe',
  method: 'get',
  path: '/api/v1/me',
  tag,
  summary:
    'Who I am; the name and what follows as I have said, or as the identity provider told it at the last sign-in',
  response: Me,
  status: 200,
  refusals: [],
});

export const updateMe = operation({
  id: 'updateMe',
  method: 'patch',
  path: '/api/v1/me',
  tag,
  summary: 'Change my name, address, time zone or language; null takes back what I have said',
  description: 'A new address is used once I confirm it by the code that is mailed to it.',
  deed: 'profile.changed',
  fenced: true,
  body: ProfilePatch,
  response: Me,
  status: 200,
  refusals: [],
});

export const confirmMyAddress = operation({
  id: 'confirmMyAddress',
  method: 'post',
  path: '/api/v1/me/address',
  tag,
  summary: 'Confirm my address by the code that was mailed to it',
  description: 'A code is good for 15 minutes and 5 tries; at most 20 are mailed in a day.',
  deed: 'address.confirmed',
  fenced: true,
  repeatable: true,
  body: AddressCode,
  response: Me,
  status: 200,
  refusals: ['NOT_FOUND'],
});

export const listMySessions = operation({
  id: 'listMySessions',
  method: 'get',
  path: '/api/v1/sessions',
  tag,
  summary: 'Where I am signed in, newest first; at most 50',
  response: Type.Object({ sessions: Type.Array(Session) }, closed),
  status: 200,
  refusals: [],
});

export const endMySession = operation({
  id: 'endMySession',
  method: 'delete',
  path: '/api/v1/sessions/{session_id}',
  tag,
  summary: 'Sign one of my sessions out; its open streams end within a second',
  response: Type.Null(),
  status: 204,
  refusals: ['NOT_FOUND'],
  fenced: true,
  deed: 'session.ended',
});

export const sessionOperations = [getMe, updateMe, confirmMyAddress, listMySessions, endMySession] as const;
