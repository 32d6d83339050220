import { renderLine } from '@missions/runtime/terminal-text.ts';
import { type Command, programCommand } from '../command.ts';
import { bytes, section, since } from '../table.ts';

export interface Email {
  id: string;
  status: string;
  subject: string;
  sent_at: string | null;
  expires_at: string | null;
  /** Addresses of the expected recipients: pending, answered, bounced. */
  pending_from: string[];
  received_from: string[];
  bounced: string[];
  last_error: string;
}

export interface MailQueue {
  /** Messages that are still to be sent. */
  queued: number;
  oldest_queued_at: string | null;
  last_error: string;
  /** Messages from outside that could not be read. */
  set_aside: number;
}

export type EmailsDocument = MailQueue & { emails: Email[] };

interface SetAsideMail {
  key: string;
  via: string;
  reverse_path: string;
  recipients: string[];
  size: number;
  reason: string;
  set_aside_at: string;
}

/** Of list; of show, with the first bytes of the message; of drop. */
type QuarantineDocument = { set_aside: SetAsideMail[] } | (SetAsideMail & { head: string }) | { dropped: string };

const quarantine = programCommand<QuarantineDocument>(
  { usage: [], about: '' },
  { service: 'email-bridge', program: 'quarantine', needs: { database: true } },
  (document) => {
    if ('dropped' in document) return `Dropped ${renderLine(document.dropped)}`;
    if ('head' in document)
      return Object.entries(document)
        .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
        .join('\n');
    return section(
      'Messages that could not be read',
      ['key', 'when', 'via', 'from', 'to', 'size', 'reason'],
      document.set_aside.map((mail) => [
        mail.key,
        since(mail.set_aside_at),
        mail.via,
        mail.reverse_path,
        mail.recipients.join(' '),
        bytes(mail.size),
        mail.reason,
      ]),
      'none',
    );
  },
);

const tracked = programCommand<EmailsDocument>(
  {
    usage: [
      'emails [--mission <id>] [--status <status>] [--limit <n>]',
      'emails quarantine [list [--limit <n>] | show <key> | drop <key>]',
    ],
    about:
      'tracked e-mails, newest first: who has answered and who has not, and what the mail server last said; ' +
      'not what anybody wrote; quarantine: messages that could not be read, and were set aside',
  },
  { service: 'email-bridge', program: 'emails', needs: { database: true } },
  (document) => `${renderEmails(document.emails)}\n\n${renderMailQueue(document)}`,
);

export const emails: Command = {
  ...tracked,
  run: ([first, ...rest], context) =>
    first === 'quarantine'
      ? quarantine.run(rest, context)
      : tracked.run(first === undefined ? [] : [first, ...rest], context),
};

export const renderEmails = (list: readonly Email[]): string =>
  section(
    'E-mails',
    ['status', 'id', 'sent', 'until', 'waits for', 'answered', 'bounced', 'subject', 'error'],
    list.map((email) => [
      email.status,
      email.id,
      since(email.sent_at),
      since(email.expires_at),
      email.pending_from.join(' '),
      email.received_from.join(' '),
      email.bounced.join(' '),
      email.subject,
      email.last_error,
    ]),
    'none',
  );

export function renderMailQueue({ queued, oldest_queued_at, last_error, set_aside }: MailQueue): string {
  const oldest = queued > 0 ? `, the oldest since ${since(oldest_queued_at)}` : '';
  const unread = set_aside > 0 ? `\nMail that could not be read: ${set_aside} (missions emails quarantine)` : '';
  return `Mail: ${queued} to be sent${oldest}${last_error ? `; ${renderLine(last_error)}` : ''}${unread}`;
}

export interface Timer {
  owner: string;
  key: string;
  revision: number;
  mission_id: string | null;
  fire_at: string;
}

export interface TimersDocument {
  pending: number;
  overdue: number;
  next_due_at: string | null;
  timers: Timer[];
}

export const timers = programCommand<TimersDocument>(
  {
    usage: ['timers [--due-before <time>] [--owner mission|approval|email|scheduler] [--mission <id>] [--limit <n>]'],
    about: 'pending timers, the next due first',
  },
  { service: 'scheduler', program: 'timers', needs: { database: true } },
  (document) =>
    `${section(
      'Timers',
      ['due', 'owner', 'key', 'revision', 'mission'],
      document.timers.map((timer) => [since(timer.fire_at), timer.owner, timer.key, timer.revision, timer.mission_id]),
      'none',
    )}\n\n${document.pending} are pending, ${document.overdue} of them overdue.`,
);
