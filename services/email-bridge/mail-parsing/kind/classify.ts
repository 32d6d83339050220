import type { IncomingMessage } from '../../domain/incoming-message.ts';
import { counted, type ReadingNotes } from '../reading.ts';
import type { Mime } from '../parts/mime.ts';
import { hasNullReversePath, isList, isReport, reportType, whyAutomatic } from './automatic.ts';
import { reportedFailures } from './delivery-report.ts';
import { failuresInText, isMailServer, isReturnedMail } from './returned-mail.ts';

interface MessageFacts {
  /** The bare address of From; '' if it cannot be read. */
  readonly from: string;
  readonly subject: string;
  readonly text: string;
}

type Classified = Pick<IncomingMessage, 'kind' | 'failures' | 'unnamed_failure'>;

/**
 * Tells bounces, automatic replies, mailing lists and replies apart; the first rule that applies decides:
 *
 *   1. a delivery report (RFC 3464) that names recipients: `bounce` if one of them failed or is late, else `auto_reply`
 *   2. returned mail without such a report:                `bounce`, with the failures that its text names
 *   3. a machine's answer (RFC 3834):                      `auto_reply`
 *   4. a mailing list (RFC 2919):                          `list`
 *   5. anything else:                                      `reply`
 */
export function classify(mime: Mime, facts: MessageFacts, notes: ReadingNotes): Classified {
  const returned = isReturnedMail(mime, facts);
  const isFromServer = returned || (hasNullReversePath(mime) && isMailServer(facts.from));
  // A person who forwards a bounce attaches the same report; only a message that is a report itself counts.
  const report = isReport(mime) || returned ? reportedFailures(mime, isFromServer) : undefined;
  if (report && report.failures.length > 0) return { kind: 'bounce', failures: report.failures, unnamed_failure: null };
  if (report && !report.unnamed) return { kind: 'auto_reply', failures: [], unnamed_failure: null };
  if (report || returned || reportType(mime) === 'delivery-status') return inProse(mime, facts, notes);
  const why = whyAutomatic(mime, facts.subject, facts.text);
  if (why !== '') {
    const note = why === 'its subject says so' || why === 'a program takes a message back' ? 'doubt' : 'say';
    notes[note]('kind', 'taken for a machine’s answer', why);
    return { kind: 'auto_reply', failures: [], unnamed_failure: null };
  }
  return { kind: isList(mime) ? 'list' : 'reply', failures: [], unnamed_failure: null };
}

function inProse(mime: Mime, { text, subject }: MessageFacts, notes: ReadingNotes): Classified {
  const { failures, unnamed } = failuresInText(mime, text, subject);
  if (failures.length > 0) {
    notes.say('recipients', counted(failures.length, 'recipient'), 'the notice names them in its text only');
    return { kind: 'bounce', failures, unnamed_failure: null };
  }
  notes.doubt('recipients', 'whom the message did not reach', 'the notice names nobody');
  return { kind: 'bounce', failures: [], unnamed_failure: unnamed };
}
