import type { EmailStatus } from '@missions/contracts/email/email.ts';
import type { Effect } from './decision.ts';
import { progressOf } from './recipients.ts';
import { type Email, isOpen, type Recipient } from './state.ts';

/**
 * The one place where the status follows from what became of the recipients, and where it is told: `email.all_replied` once, when nobody is waited
 * for any more and somebody has answered; the timer taken back with the end of the waiting. `status`: what it is while nothing of that is the case.
 */
export function concluded(
  before: Email,
  change: Partial<Email>,
  told: readonly Effect[],
  at: string,
): { next: Email; effects: Effect[] } {
  const recipients = change.recipients ?? before.recipients;
  const status = statusAfter(before, recipients, change.status ?? before.status);
  const next: Email = { ...before, ...change, recipients, status, version: before.version + 1, updated_at: at };
  const finished = someAnsweredAndNobodyPending(next) && !someAnsweredAndNobodyPending(before);
  const effects: Effect[] = [...told];
  if (finished) effects.push({ kind: 'announce', event: 'all_replied' });
  if (isOpen(before) && !isOpen(next)) effects.push({ kind: 'cancel_timer' });
  return { next, effects };
}

function someAnsweredAndNobodyPending(email: Email): boolean {
  const { pending_from, received_from } = progressOf(email);
  return pending_from.length === 0 && received_from.length > 0;
}

function statusAfter(
  { expect_reply, status: now }: Email,
  recipients: readonly Recipient[],
  otherwise: EmailStatus,
): EmailStatus {
  if (now === 'cancelled' || now === 'all_replied') return now;
  const waited = expect_reply ? recipients.filter((it) => it.expected) : recipients;
  if (waited.length === 0 || waited.some((it) => it.outcome === 'pending')) return otherwise;
  if (waited.every((it) => it.outcome === 'bounced')) return now === 'expired' ? now : 'bounced';
  return expect_reply ? 'all_replied' : otherwise;
}

/** Those of them who had not been given up already; and, with them, the recipients as they then are. Nobody who has answered was not reached. */
export function bounce(
  recipients: readonly Recipient[],
  failed: readonly { readonly of: Recipient | undefined; readonly reason: string }[],
): { recipients: Recipient[]; effects: Effect[] } {
  const effects: Effect[] = [];
  let after = [...recipients];
  for (const { of, reason } of failed) {
    const at = of ? after.findIndex((it) => it.address === of.address) : -1;
    const one = after[at];
    if (!one || one.outcome !== 'pending') continue;
    after = after.with(at, { ...one, outcome: 'bounced' });
    effects.push({ kind: 'announce', event: 'bounced', recipient: one.address, reason });
  }
  return { recipients: after, effects };
}
