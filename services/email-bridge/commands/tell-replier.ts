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
  for (const { subject, to_address, language, ...of } of await firstReplies(tx, tokens, dueBy(context.clock))) {
    const words = /^de\b/i.test(language) ? german : english;
    const page = words.text.map((part) => `<p>${part}</p>`).join('');
    const notice = {
      ...of,
      id: context.newId(),
      to: to_address,
      token: context.newToken(),
      language,
      subject: `${words.subject}: ${subject}`.slice(0, 500).toWellFormed(),
      text: `${words.text.join('\n\n')}\n`,
      html: `<!doctype html>\n<html lang="${words.language}"><head></head><body>${page}</body></html>`,
      headers: { 'Auto-Submitted': 'auto-replied' },
    };
    await queueNotice(tx, notice, dueBy(context.clock));
    tx.afterCommit(context.wakeSender);
  }
}

const english = {
  language: 'en',
  subject: 'Your reply answers nothing',
  text: [
    'Nobody has read your reply, and it answers nothing: who may decide is asked where they are signed in.',
    'Open the link in the message that you have replied to, and answer there.',
  ],
};
const german = {
  language: 'de',
  subject: 'Ihre Antwort beantwortet nichts',
  text: [
    'Niemand hat Ihre Antwort gelesen, und sie beantwortet nichts: Wer entscheiden darf, wird dort gefragt, wo er angemeldet ist.',
    'Öffnen Sie den Link in der Nachricht, auf die Sie geantwortet haben, und antworten Sie dort.',
  ],
};
