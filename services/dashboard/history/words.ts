import type { UserResponseTo } from '@missions/client/user-client.ts';

type Decision = UserResponseTo<'listMyDecisions'>['items'][number];

/** What was answered: the option as it was shown, then what was written beside it. */
export const answerOf = ({ label, selected_option, freeform_text, note }: Decision['answer']): string =>
  [label ?? selected_option, freeform_text, note].filter((part) => part != null && part !== '').join(': ') ||
  '(no text)';

/** How it was decided. Silence is no answer, and is never shown as one; nor is a rule that answered without the user. */
export function wayOf(via: Decision['via']): string {
  if (via === 'timeout') return 'Nobody answered: the default was taken';
  return via.startsWith('rule:') ? 'Your rule answered' : 'You answered';
}
