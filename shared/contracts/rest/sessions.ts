import { Type } from 'typebox';
import { closed, Identifier, Nullable, Time, Uuid } from '../fields.ts';
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
    email_confirmed: Type.Boolean({ description: 'by the identity provider' }),
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
  summary: 'Who I am; the name and what follows as the identity provider told it at the last sign-in',
  response: Me,
  status: 200,
  refusals: [],
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

export const sessionOperations = [getMe, listMySessions, endMySession] as const;
