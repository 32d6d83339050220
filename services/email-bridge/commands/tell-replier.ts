import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { firstReplies, queueNotice } from '../store/notices.ts';
import type { Context } from './execute-command.ts';

/**
 * Who replies to a notice may think that it answers the question. They are told once for each notice that it does not,
 * at the address that the notice went to: the sender of a mail says who they are, and may be anybody.
 */
export async function tellReplier(
  tx: Tx,
  context: Context,
  message: IncomingMessage,
  tokens: readonly string[],
): Promise<void> {
  if (message.kind !== 'reply' || message.null_reverse_path || tokens.length === 0) return;
  for (const { subject, to_address, ...of } of await firstReplies(tx, tokens, dueBy(context.clock))) {
    const text =
      'Nobody has read your reply, and it answers nothing: who may decide is asked where they are signed in.\n\n' +
      'Open the link in the message that you have replied to, and answer there.\n';
    const notice = {
      ...of,
      id: context.newId(),
      to: to_address,
      token: context.newToken(),
      subject: `Your reply answers nothing: ${subject}`.slice(0, 500).toWellFormed(),
      text,
      html: text
        .trim()
        .split('\n\n')
        .map((part) => `<p>${part}</p>`)
        .join(''),
      headers: { 'Auto-Submitted': 'auto-replied' },
    };
    await queueNotice(tx, notice, dueBy(context.clock));
    tx.afterCommit(context.wakeSender);
  }
}
