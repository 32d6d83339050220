import { type Static, Type } from 'typebox';
import { closed, Identifier } from '@missions/contracts/fields.ts';
import { parser } from '@missions/contracts/schema.ts';

export const ChatBody = Type.Object(
  {
    message: Type.String({ minLength: 1, maxLength: 32_000 }),
    /** The caller's own name for this chat. */
    conversation_id: Identifier,
    /** Whose missions these are; default: the agent's DEFAULT_USER_ID. */
    user_id: Type.Optional(Identifier),
    /** Server-sent events; the same as `Accept: text/event-stream`. */
    stream: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type ChatBody = Static<typeof ChatBody>;

export const parseChat = parser(ChatBody);
