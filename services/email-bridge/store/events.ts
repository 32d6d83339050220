import { type EmailEventType, emailEvents } from '@missions/contracts/email/events.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type EmailTimerPayload, timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import {
  type TimerCancelled,
  timerCancelledSubject,
  type TimerSet,
  timerSetSubject,
} from '@missions/contracts/scheduler/timers.ts';
import type { Effect, Moved } from '../domain/decision.ts';
import { fitReplies } from '../domain/fit-replies.ts';
import { progressOf } from '../domain/recipients.ts';
import { type ReplyRow, replyOf } from '../domain/representation.ts';
import type { Email, StoredReply } from '../domain/state.ts';

export interface CommandContext {
  readonly at: string;
  readonly newId: () => string;
  /** Of the event that caused this one; without it, that of the request being done. */
  readonly traceparent?: string | undefined;
  /** Of those who were waited for, the oldest first: asked for only where the last of them has answered. */
  readonly replies: readonly ReplyRow[];
}

type Announced = Extract<Effect, { kind: 'announce' | 'set_timer' | 'cancel_timer' }>;
const isAnnounced = (effect: Effect): effect is Announced =>
  effect.kind === 'announce' || effect.kind === 'set_timer' || effect.kind === 'cancel_timer';

/** Whether the replies are asked for. */
export const tellsReplies = ({ effects }: Moved): boolean =>
  effects.some((effect) => effect.kind === 'announce' && effect.event === 'all_replied');

/** The events of a decision, in its order, numbered within the e-mail's new version. */
export function eventsOf(
  { next, effects }: Moved,
  { at, newId, traceparent, replies }: CommandContext,
): EventEnvelope[] {
  if (next.status === 'withdrawn') return [];
  const { customer_id, user_id, mission_id, version } = next;
  const told = effects.filter(isAnnounced);
  const lastBounce = told.findLast((effect) => effect.kind === 'announce' && effect.event === 'bounced');
  return told.map((effect, index) => ({
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

function typeOf(effect: Announced): string {
  if (effect.kind !== 'announce') return effect.kind === 'set_timer' ? timerSetSubject : timerCancelledSubject;
  const type = types.find((known) => known.split('.')[1] === effect.event);
  if (type === undefined) throw new Error(`the contracts have no subject for "${effect.event}"`);
  return type;
}

/** Of an event, which every consumer takes: whoever wants all of a long text reads the e-mail. */
const TEXT_BYTES = 400_000;

function dataOf(
  effect: Announced,
  email: Email,
  replies: readonly ReplyRow[],
  nobody_left: boolean,
): Record<string, unknown> {
  const { id: tracking_id, customer_id, user_id, mission_id, task_id, subject } = email;
  const about = { customer_id, user_id, mission_id, task_id, tracking_id, subject };
  if (effect.kind === 'set_timer')
    return {
      ...timerOf(email),
      revision: SET,
      fire_at: effect.fire_at,
      payload: { tracking_id } satisfies EmailTimerPayload,
    } satisfies TimerSet;
  if (effect.kind === 'cancel_timer') return { ...timerOf(email), revision: TAKEN_BACK } satisfies TimerCancelled;
  switch (effect.event) {
    case 'sent': {
      const { message_id, number, deliveries } = effect.message;
      return {
        ...about,
        message_id,
        follow_up: number,
        sent_at: effect.at,
        refused: deliveries.filter((it) => it.outcome === 'refused').map((it) => it.address),
      };
    }
    case 'replied':
      return { ...about, reply: fitReplies([shown(effect.reply, tracking_id)], TEXT_BYTES)[0], ...progressOf(email) };
    case 'all_replied':
      return { ...about, replies: fitReplies(replies.map(replyOf), TEXT_BYTES), ...progressOf(email) };
    case 'bounced':
      return { ...about, recipient: effect.recipient, reason: effect.reason, nobody_left, ...progressOf(email) };
    case 'expired':
      return { ...about, ...progressOf(email) };
    default:
      return effect satisfies never;
  }
}

const shown = (reply: StoredReply, tracking_id: string) =>
  replyOf({ ...reply, tracking_id, notified_at: null, parsed_response: null });

/** A timer of an e-mail is set once and taken back at most once, whichever is heard of first. */
const SET = 1;
const TAKEN_BACK = 2;

const timerOf = ({ id, customer_id, user_id, mission_id }: Email) => ({
  customer_id,
  user_id,
  mission_id: mission_id ?? '',
  owner: 'email' as const,
  key: timerKey.email(id),
});
