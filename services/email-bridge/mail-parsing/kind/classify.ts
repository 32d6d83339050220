import type { IncomingMessage } from '../../domain/incoming-message.ts';
import type { Mime } from '../mime.ts';
import { isAutomatic, isList, isReport, reportType } from './automatic.ts';
import { reportedFailures } from './delivery-report.ts';
import { failuresInText, isReturnedMail } from './returned-mail.ts';

interface MessageFacts {
  /** The bare address of From; '' if it cannot be read. */
  readonly from: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * Tells bounces, automatic replies, mailing lists and replies apart; the first rule that applies decides:
 *
 *   1. a delivery report (RFC 3464) that names recipients: `bounce` if one of them failed or is late, else `auto_reply`
 *   2. returned mail without such a report:                `bounce`, with the failures that its text names
 *   3. a machine's answer (RFC 3834):                      `auto_reply`
 *   4. a mailing list (RFC 2919):                          `list`
 *   5. anything else:                                      `reply`
 */
export function classify(
  mime: Mime,
  { from, subject, text }: MessageFacts,
): Pick<IncomingMessage, 'kind' | 'failures'> {
  const returned = isReturnedMail(mime, from, subject);
  // A person who forwards a bounce attaches the same report; only a message that is a report itself counts.
  const reported = isReport(mime) || returned ? reportedFailures(mime) : undefined;
  if (reported) return { kind: reported.length > 0 ? 'bounce' : 'auto_reply', failures: reported };
  if (returned || reportType(mime) === 'delivery-status')
    return { kind: 'bounce', failures: failuresInText(mime, text, subject) };
  if (isAutomatic(mime, subject)) return { kind: 'auto_reply', failures: [] };
  return { kind: isList(mime) ? 'list' : 'reply', failures: [] };
}
