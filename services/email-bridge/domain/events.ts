import { type EmailEventType, emailEvents } from '@missions/contracts/email/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type EmailTimerPayload, timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import {
  type TimerCancelled,
  timerCancelledSubject,
  type TimerSet,
  timerSetSubject,
} from '@missions/contracts/scheduler/timers.ts';
import type { Announcement, Effect, Moved } from './decision.ts';
import { progressOf } from './recipients.ts';
import { fitReplies, replyOf, type TrackedReply } from './representation.ts';
import type { Email, StoredReply } from './state.ts';

export interface EventContext {
  readonly at: string;
  readonly newId: () => string;
  /** Of the event that caused the command, or of the request of the e-mail; without one, the current request's applies. */
  readonly traceparent?: string | undefined;
  /** The replies of expected recipients, the oldest first. They are used only if `containsReplies(decision)`. */
  readonly replies: readonly TrackedReply[];
}

type EventEffect = Announcement | Extract<Effect, { kind: 'set_timer' | 'cancel_timer' }>;
const becomesEvent = (effect: Effect): effect is EventEffect =>
  effect.kind === 'announce' || effect.kind === 'set_timer' || effect.kind === 'cancel_timer';

/** One of the decision's events contains the replies. */
export const containsReplies = ({ effects }: Moved): boolean =>
  effects.some((effect) => effect.kind === 'announce' && effect.event === 'all_replied');

/** The events of a decision, in the order of its effects, numbered within the e-mail's new version. */
export function eventsOf({ next, effects }: Moved, { at, newId, traceparent, replies }: EventContext): EventEnvelope[] {
  if (next.status === 'tombstone') return [];
  const { customer_id, user_id, mission_id, version } = next;
  const announced = effects.filter(becomesEvent);
  const lastBounce = announced.findLast((effect) => effect.kind === 'announce' && effect.event === 'bounced');
  return announced.map((effect, index) => ({
    id: newId(),
    type: typeOf(effect),
    source: '/services/email-bridge',
    time: at,
    customer_id,
    user_id,
    mission_id: mission_id ?? '',
    version,
    index,
    ...(traceparent !== undefined && { traceparent }),
    data: dataOf(effect, next, replies, effect === lastBounce && next.status === 'bounced'),
  }));
}

const types = Object.keys(emailEvents) as EmailEventType[];

function typeOf(effect: EventEffect): string {
  if (effect.kind === 'set_timer') return timerSetSubject('email');
  if (effect.kind === 'cancel_timer') return timerCancelledSubject('email');
  const type = types.find((known) => known.split('.')[1] === effect.event);
  if (type === undefined) throw new Error(`the contracts have no subject for "${effect.event}"`);
  return type;
}

/**
 * In bytes of JSON. Every consumer receives the whole event; a consumer that needs all of a long text reads the e-mail.
 */
const MAX_REPLY_TEXTS = 400_000;

function dataOf(
  effect: EventEffect,
  email: Email,
  replies: readonly TrackedReply[],
  nobody_left: boolean,
): Record<string, unknown> {
  const { id: tracking_id, customer_id, user_id, mission_id, task_id, subject } = email;
  const about = { customer_id, user_id, mission_id, task_id, tracking_id, subject };
  if (effect.kind === 'set_timer') {
    const payload: EmailTimerPayload = { tracking_id };
    return { ...timerOf(email), revision: SET, fire_at: effect.fire_at, payload } satisfies TimerSet;
  }
  if (effect.kind === 'cancel_timer') return { ...timerOf(email), revision: CANCELLED } satisfies TimerCancelled;
  switch (effect.event) {
    case 'sent': {
      const { message_id, number, deliveries } = effect.message;
      const refused = deliveries.filter(({ outcome }) => outcome === 'refused').map(({ address }) => address);
      return { ...about, message_id, follow_up: number, sent_at: effect.at, refused };
    }
    case 'replied':
    case 'noted': {
      const [reply] = fitReplies([newReply(effect.reply, tracking_id)], MAX_REPLY_TEXTS);
      return { ...about, reply, ...progressOf(email) };
    }
    case 'all_replied':
      return { ...about, replies: fitReplies(replies.map(replyOf), MAX_REPLY_TEXTS), ...progressOf(email) };
    case 'bounced':
      return { ...about, recipient: effect.recipient, reason: effect.reason, nobody_left, ...progressOf(email) };
    case 'expired':
      return { ...about, ...progressOf(email) };
    case 'withdrawn':
      return { ...about, reason: effect.reason, not_sent_to: effect.not_sent_to };
    default:
      return effect satisfies never;
  }
}

const newReply = (reply: StoredReply, tracking_id: string) =>
  replyOf({ ...reply, tracking_id, notified_at: null, parsed_response: null });

/**
 * A timer is set once and cancelled at most once. The revisions let the scheduler order the two however they arrive.
 */
const SET = 1;
const CANCELLED = 2;

const timerOf = ({ id, customer_id, user_id, mission_id }: Email) => ({
  customer_id,
  user_id,
  mission_id: mission_id ?? '',
  key: timerKey.email(id),
});
