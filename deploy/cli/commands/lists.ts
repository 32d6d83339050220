import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since } from './table.ts';

export const emails: Command = {
  usage: ['emails [--mission <id>] [--status <status>] [--limit <n>]'],
  about:
    'tracked e-mails, newest first: who has answered and who has not, and what the mail server last said; not what anybody wrote',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask(
      { service: 'email-bridge', program: 'emails', args, needs: { database: true } },
      around,
    );
    return {
      code,
      value,
      ...(value && { text: `${table(value.emails)}\n\n${queued(value)}` }),
      problems: said ? [said] : [],
    };
  },
};

export const table = (list: readonly any[]): string =>
  section(
    'E-mails',
    ['status', 'id', 'sent', 'until', 'waits for', 'answered', 'bounced', 'subject', 'error'],
    list.map((one) => [
      one.status,
      one.id,
      since(one.sent_at),
      since(one.expires_at),
      one.pending_from.join(' '),
      one.received_from.join(' '),
      one.bounced.join(' '),
      one.subject,
      one.last_error,
    ]),
    'none',
  );

export const queued = ({ queued: count, oldest_queued_at, last_error }: any): string =>
  `Mail: ${count} to be sent${count > 0 ? `, the oldest since ${since(oldest_queued_at)}` : ''}${last_error ? `; ${String(last_error).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')}` : ''}`;
