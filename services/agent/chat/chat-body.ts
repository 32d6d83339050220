import { type Static, Type } from 'typebox';
import { closed, Identifier } from '@missions/contracts/fields.ts';
import { parser } from '@missions/contracts/schema.ts';

export const ChatBody = Type.Object(
  {
    message: Type.String({ minLength: 1, maxLength: 32_000 }),
    /** The caller's own name for this conversation. */
    conversation_id: Identifier,
    /** The user whose missions the chat is about; default: the agent's DEFAULT_USER_ID. */
    user_id: Type.Optional(Identifier),
    /** Asks for server-sent events; the same as `Accept: text/event-stream`. */
    stream: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type ChatBody = Static<typeof ChatBody>;

export const parseChat = parser(ChatBody);
