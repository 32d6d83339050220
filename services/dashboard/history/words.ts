import type { UserResponseTo } from '@missions/client/user-client.ts';

type Decision = UserResponseTo<'listMyDecisions'>['items'][number];

/** What was answered: the option as it was shown, then what was written beside it. */
export const answerOf = ({ label, selected_option, freeform_text, note }: Decision['answer']): string =>
  [label ?? selected_option, freeform_text, note].filter((part) => part != null && part !== '').join(': ') ||
  '(no text)';

/** How it was decided. Silence is no answer, and is never shown as one. */
export const wayOf = (via: Decision['via']): string =>
  via === 'timeout' ? 'Nobody answered: the default was taken' : 'You answered';
