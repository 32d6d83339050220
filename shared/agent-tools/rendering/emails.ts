import type { CheckedReplies, EmailOfMission, Reply } from '@missions/contracts/email/email.ts';
import { addressKey } from '@missions/contracts/email/address.ts';
import { at, lines } from './lines.ts';
import { quoted, untrusted } from './quoting.ts';

type Tracked = Pick<
  EmailOfMission,
  'tracking_id' | 'subject' | 'status' | 'pending_from' | 'received_from' | 'bounced'
> & { readonly expires_at?: string | null; readonly task_id?: string | null };
type Quoted = Pick<
  Reply,
  'id' | 'kind' | 'recipient' | 'from_address' | 'received_at' | 'authentication' | 'reading'
> & {
  readonly untrusted: { readonly from_name: string; readonly snippet: string; readonly body_text?: string };
};

const MAX_PEOPLE = 20;
const MAX_DOUBTS = 3;
const more = (count: number, text: string): string => (count > 0 ? text.replace('$', String(count)) : '');

/** An e-mail with the recipients who have and have not replied. */
export function emailLine(email: Tracked): string {
  const people = (label: string, addresses: readonly string[]): string =>
    addresses.length > 0
      ? `; ${label} ${addresses
          .slice(0, MAX_PEOPLE)
          .map((address) => quoted(address, 254))
          .join(', ')}${more(addresses.length - MAX_PEOPLE, ' and $ more')}`
      : '';
  const until =
    email.expires_at && email.pending_from.length > 0
      ? ` ${email.status === 'expired' ? 'by' : 'until'} ${at(email.expires_at)}`
      : '';
  return `E-mail ${email.tracking_id} [${email.status}] ${quoted(email.subject)}${people('no answer from', email.pending_from)}${until}${people('answered by', email.received_from)}${people('undeliverable to', email.bounced)}`;
}

/** A reply. Its kind and time are outside the envelope; all text of its sender is inside. */
export function replyText(reply: Quoted, most: number): string {
  const { from_name, snippet, body_text } = reply.untrusted;
  const shownText = body_text && body_text.length <= most ? body_text : snippet || (body_text ?? '');
  const label = {
    reply: 'Reply',
    auto_reply: 'Automatic reply (no answer)',
    bounce: 'Delivery failure',
    unattributed:
      reply.authentication?.dmarc === 'fail'
        ? 'Mail whose sender is forged: DMARC failed (no answer)'
        : 'Mail of somebody who was not asked (no answer)',
  }[reply.kind];
  const name = from_name ? `From: ${from_name.replaceAll(/\s+/g, ' ').slice(0, 200)}\n` : '';
  return `${label} ${reply.id}${senderNote(reply)}, ${at(reply.received_at)}:\n${readingNote(reply)}${untrusted(`e-mail from ${reply.from_address || 'an unreadable address'}`, `${name}${shownText}`, most)}`;
}

/** One line if the service had to guess when it read the message: the model then reads the whole text, or asks. */
function readingNote({ reading }: Quoted): string {
  const doubts = (reading ?? []).filter(({ unsure }) => unsure).map(({ what, why }) => `${what} (${why})`);
  if (doubts.length === 0) return '';
  return (
    'Reading was unsure: ' +
    `${doubts.slice(0, MAX_DOUBTS).join('; ')}${more(doubts.length - MAX_DOUBTS, ' and $ more')}. Read the ` +
    `whole text before you rely on it.\n`
  );
}

/** A recipient answered from an address that was not asked: known by the address that the answer was sent to. */
const senderNote = ({ recipient, from_address }: Quoted): string =>
  recipient != null && addressKey(recipient) !== addressKey(from_address)
    ? ` of ${quoted(recipient, 254)} (written from another address, ${quoted(from_address, 254)})`
    : '';

/**
 * Replies of recipients before automatic replies and other mail: anybody who has the address can send any number of
 * messages, which would hide the replies.
 */
export const repliesFirst = <R extends Pick<Reply, 'kind'>>(replies: readonly R[]): R[] =>
  replies.toSorted((one, other) => Number(other.kind === 'reply') - Number(one.kind === 'reply'));

const MAX_REPLIES = 36;
/** Characters for the text of all replies together. */
const ROOM = 36_000;

const MAX_EMAILS = 20;
const hasEnded = ({ status }: Pick<Tracked, 'status'>): boolean => status === 'expired' || status === 'bounced';

/** The result of a check. Omitted entries are counted, so that the model knows that it has not read everything. */
export function checkedText({ replies, new_replies, pending, all_replied }: CheckedReplies, all: boolean): string {
  const listed = all ? replies : new_replies;
  const shown = repliesFirst(listed).slice(0, MAX_REPLIES);
  const each = Math.min(3_000, Math.floor(ROOM / Math.max(shown.length, 1)));
  const [awaited, ended] = [pending.filter((email) => !hasEnded(email)), pending.filter(hasEnded)];
  const emails = (title: string, some: readonly Tracked[]): string[] =>
    some.length > 0
      ? [
          title,
          ...some.slice(0, MAX_EMAILS).map(emailLine),
          more(some.length - MAX_EMAILS, 'and $ more e-mails, not shown here'),
        ]
      : [];
  return lines(
    new_replies.length > 0
      ? `${new_replies.length} new ${new_replies.length === 1 ? 'reply' : 'replies'}${all ? ', with those seen before' : ''}:`
      : 'No new replies.',
    ...shown.map((reply) => replyText(reply, each)),
    more(
      listed.length - shown.length,
      '$ further replies are not shown here; pass the tracking_ids of fewer e-mails to read them.',
    ),
    more(
      all ? 0 : replies.length - new_replies.length,
      '$ replies were seen before; pass tracking_ids to read those of an e-mail again.',
    ),
    ...emails('Still awaited:', awaited),
    ...emails('Ended without an answer of everybody (time was up, or undeliverable):', ended),
    nextText(all_replied, awaited.length > 0, ended),
  );
}

function nextText(allReplied: boolean, awaited: boolean, ended: readonly Tracked[]): string {
  if (allReplied) return 'Nothing is awaited any more. Next: work with the answers.';
  if (awaited)
    return (
      'Next: go on with other work, or end your turn; the mission goes on when they answer. ' +
      'email_send_followup reminds those who have not.'
    );
  const silent = ended.some(({ status, pending_from }) => status === 'expired' && pending_from.length > 0);
  return (
    'Not everybody answered, and no wait is open for them. Next: decide without them, or tell the ' +
    `user${silent ? '; email_send_followup still reminds those who stayed silent' : ''}. Undeliverable ` +
    'needs another address.'
  );
}
