import type { QuestionUnreachable } from '@missions/contracts/notifier/events.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { quote } from './quote.ts';

export type Unreachable = Pick<QuestionUnreachable, 'request_id' | 'prompt' | 'ended' | 'expires_at'>;

/** Whoever reads the history must know that silence is no refusal: nobody could be told of the question. */
export const logUnreachable = (
  changes: ChangeBuilder,
  { request_id, prompt, ended, expires_at }: Unreachable,
): void => {
  changes.record('logged', {
    logged: 'external_event',
    task_id: null,
    title: `The user is unreachable: ${quote(prompt, 200)}`,
    content: ended
      ? 'This question has ended without an answer, and its user could be told of it on no channel.'
      : 'The user can be told of this question on no channel. It is seen by who looks at the page; a confirmed address or a device for notifications would reach them.',
    metadata: { unreachable: true, request_id, ended, expires_at, channels: [] },
  });
};
