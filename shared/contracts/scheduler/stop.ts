import { type Static, Type } from 'typebox';
import { closed, Nullable, Time } from '../fields.ts';
import { defineRequest } from '../request.ts';

/** The user's own kill switch (specification section 3.7): nothing of theirs is dispatched while it is on. */
export const Stop = Type.Object(
  {
    stopped: Type.Boolean({ description: 'no agent gets a run of mine, and none that has one may go on' }),
    since: Nullable(Time),
  },
  { $id: 'Stop' },
);
export type Stop = Static<typeof Stop>;

/** Requests of the gateway. The user is the caller's. */
export const readStop = defineRequest('scheduler', 'stop', Type.Object({}, closed), Stop);
export const changeStop = defineRequest(
  'scheduler',
  'change_stop',
  Type.Object({ stopped: Type.Boolean() }, closed),
  Stop,
);
