import { type Static, Type } from 'typebox';
import { Identifier, Nullable, Uuid } from '../fields.ts';

/** Events of the notifier (specification section 7). */

/**
 * The user of a question can be told of it on no channel: it is seen by who looks at the page. Published once for a
 * question, when it is asked or when it has ended and nobody was told.
 */
export const QuestionUnreachable = Type.Object({
  customer_id: Identifier,
  user_id: Identifier,
  mission_id: Uuid,
  request_id: Uuid,
  prompt: Type.String(),
  /** The question has ended, without an answer. */
  ended: Type.Boolean(),
  /** Until when it can be answered; null once it has ended. */
  expires_at: Nullable(Type.String()),
});
export type QuestionUnreachable = Static<typeof QuestionUnreachable>;

export const notifierEvents = { 'notifier.unreachable': QuestionUnreachable } as const;
export const unreachable = 'notifier.unreachable' satisfies keyof typeof notifierEvents;
