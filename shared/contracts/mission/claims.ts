import { type Static, Type } from 'typebox';
import { closed, Identifier, Nullable, Time } from '../fields.ts';

/** The claim of a task by an agent in a conversation, so that two chats do not do the same (specification section 3.2). */
export const TaskClaim = Type.Object({
  agent_id: Nullable(Identifier),
  conversation_id: Type.String(),
  since: Time,
  until: Time,
});
export type TaskClaim = Static<typeof TaskClaim>;

const conversation_id = Type.String({
  minLength: 1,
  maxLength: 255,
  description: "the caller's own id of a conversation",
});
export const DEFAULT_CLAIM_MINUTES = 30;
export const ClaimBody = Type.Object(
  {
    conversation_id,
    minutes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1440, description: `for how long; default ${DEFAULT_CLAIM_MINUTES}` }),
    ),
  },
  closed,
);
export const ReleaseBody = Type.Object({ conversation_id }, closed);
