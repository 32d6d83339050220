import { renderLine } from '@missions/runtime/terminal-text.ts';
import { programCommand } from '../command.ts';
import { section, since } from '../table.ts';

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
}

export type EmailsDocument = MailQueue & { emails: Email[] };

export const emails = programCommand<EmailsDocument>(
  {
    usage: ['emails [--mission <id>] [--status <status>] [--limit <n>]'],
    about:
      'tracked e-mails, newest first: who has answered and who has not, and what the mail server last said; ' +
      'not what anybody wrote',
  },
  { service: 'email-bridge', program: 'emails', needs: { database: true } },
  (document) => `${renderEmails(document.emails)}\n\n${renderMailQueue(document)}`,
);

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

export function renderMailQueue({ queued, oldest_queued_at, last_error }: MailQueue): string {
  const oldest = queued > 0 ? `, the oldest since ${since(oldest_queued_at)}` : '';
  return `Mail: ${queued} to be sent${oldest}${last_error ? `; ${renderLine(last_error)}` : ''}`;
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
