import { addressKey } from '@missions/contracts/email/address.ts';
import { type Decision, type Effect, ignored, moved } from './decision.ts';
import { bounce, concluded } from './outcome.ts';
import { recipientBehind } from './recipients.ts';
import type { Delivery, Email, Message, State } from './state.ts';

/** What came of one attempt to hand a message to the mail server. Whoever is in none of the three lists was not asked about. */
export interface MarkSent {
  readonly type: 'MarkSent';
  readonly message: string;
  readonly accepted: readonly string[];
  /** For good (5xx). */
  readonly refused: readonly Refusal[];
  /** Not now (4xx, or no connection). */
  readonly deferred: readonly Refusal[];
  /** When those are tried again. */
  readonly retry_at: string;
  readonly at: string;
}
export interface Refusal {
  readonly address: string;
  readonly reason: string;
}

/** As RFC 5321 section 4.5.4.1 asks of those who send: some days. */
const GIVE_UP_AFTER_MS = 2 * 24 * 3_600_000;

/** Attempts may be told twice, or late: what the server has once accepted or refused for good stays so. */
export function markSent(email: State, command: MarkSent): Decision {
  if (email === null || email.status === 'withdrawn') return ignored('there is no such e-mail');
  const message = email.messages.find((it) => it.id === command.message);
  if (!message) return ignored('there is no such message of it');
  const after = attempted(message, command);
  const news = after.deliveries.filter((delivery, at) => delivery !== message.deliveries[at]);
  if (news.length === 0) return ignored('it says nothing new');

  const refused = news.filter((it) => it.outcome === 'refused');
  const taken = wasTaken(after) && !wasTaken(message);
  const { recipients, effects } = bounce(
    email.recipients,
    refused.map(({ address, reason }) => ({ of: recipientBehind(email.recipients, address), reason })),
  );
  const last_error = news.findLast((it) => it.reason !== '')?.reason ?? '';
  const retry_at = after.status === 'queued' ? command.retry_at : null;
  const told: Effect[] = [
    { kind: 'settle', message: after, sent_at: taken ? command.at : null, retry_at, last_error },
    ...(taken ? [{ kind: 'announce' as const, event: 'sent' as const, message: after, at: command.at }] : []),
    ...effects,
  ];
  const messages = email.messages.map((it) => (it === message ? after : it));
  const { next, effects: all } = concluded(
    email,
    { recipients, messages, last_error, ...(taken && sent(email, message, command.at)) },
    told,
    command.at,
  );
  return moved(next, all);
}

const wasTaken = ({ deliveries }: Message): boolean => deliveries.some((it) => it.outcome === 'accepted');

function attempted(message: Message, { accepted, refused, deferred, at }: MarkSent): Message {
  const givenUp = Date.parse(at) - Date.parse(message.created_at) >= GIVE_UP_AFTER_MS;
  const find = (list: readonly Refusal[], address: string) =>
    list.find((it) => addressKey(it.address) === addressKey(address));
  const deliveries = message.deliveries.map((delivery): Delivery => {
    const { address } = delivery;
    if (delivery.outcome !== 'waiting') return delivery;
    if (accepted.some((it) => addressKey(it) === addressKey(address)))
      return { address, outcome: 'accepted', reason: '' };
    const no = find(refused, address);
    if (no) return { address, outcome: 'refused', reason: no.reason };
    const later = find(deferred, address);
    if (!later) return delivery;
    return givenUp
      ? { address, outcome: 'refused', reason: `given up after two days: ${later.reason}` }
      : { address, outcome: 'waiting', reason: later.reason };
  });
  const waiting = deliveries.some((it) => it.outcome === 'waiting');
  const status = waiting ? message.status : deliveries.some((it) => it.outcome === 'accepted') ? 'sent' : 'failed';
  return { ...message, deliveries, status };
}

/** A reply may have been faster than the record of what it replies to. */
function sent({ status, expect_reply, sent_at }: Email, { number }: Message, at: string): Partial<Email> {
  if (number > 0) return {};
  return { sent_at: sent_at ?? at, ...(status === 'queued' && { status: expect_reply ? 'awaiting_reply' : 'sent' }) };
}
