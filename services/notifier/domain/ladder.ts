import type { NoticeChannel, NoticeTopic, Preferences } from '@missions/contracts/notifier/preferences.ts';
import { noticeChannels } from '@missions/contracts/notifier/preferences.ts';
import type { Reachable } from './notice.ts';
import { quietUntil } from './quiet-hours.ts';

/**
 * The ladder (specification section 11): what a user is told next of one subject, when, where, and why not. Pure: what is
 * known, what was said, the user's wishes and the time come in. It is asked again whenever one of them changes, and once
 * more when its step is taken, so that nothing of a plan can be out of date.
 *
 *     push at once ─▶ mail, unseen for a while ─▶ reminder before the deadline ─▶ what happened
 *     or, where there is no channel: a word in the mission's history
 */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * In their order: a later one makes the earlier ones superfluous. `unreachable` has no channels: the mission's history
 * says that there is none.
 */
export const steps = ['unreachable', 'push', 'mail', 'remind', 'outcome', 'tell'] as const;
export type Step = (typeof steps)[number];

export interface Taken {
  readonly step: Step;
  /** None: it was passed over. */
  readonly channels: readonly NoticeChannel[];
  readonly at: number;
}

export interface QuestionFacts {
  readonly kind: 'question';
  readonly urgency: 'low' | 'normal' | 'high';
  readonly asked_at: number;
  /** Its reader is told late, and before that not at all. */
  readonly shown_from?: number;
  /** Its reader answers for another, and from then on no longer. */
  readonly shown_until?: number;
  readonly expires_at: number;
  /** As the agent wanted it. */
  readonly remind_at: number | null;
  readonly seen_at: number | null;
  /** `settled`: answered, cancelled or taken back: nothing is to be said of it. */
  readonly state: 'open' | 'settled' | 'expired' | 'defaulted';
  readonly ended_at: number | null;
}

export interface MissionFacts {
  readonly kind: 'failed' | 'paused' | 'stale' | 'done';
  readonly at: number;
  readonly ends_at: number | null;
  readonly seen_at: number | null;
  readonly state: 'open' | 'settled';
}
export type Facts = QuestionFacts | MissionFacts;

/** Where and how a user may be told. */
export interface Wishes {
  readonly reachable: Reachable;
  readonly preferences: Preferences;
  readonly time_zone: string;
}

export type Next =
  /** `since`: when it was due. `held`: quiet hours were over meanwhile. */
  | {
      readonly kind: 'send';
      readonly step: Step;
      readonly channels: readonly NoticeChannel[];
      readonly since: number;
      readonly held: boolean;
    }
  /** `held`: until the end of quiet hours, at which all that they have held is told together. */
  | { readonly kind: 'wait'; readonly until: number; readonly held?: true; readonly why: string }
  | { readonly kind: 'nothing'; readonly why: string };

interface Rung {
  readonly step: Step;
  readonly at: number;
  readonly channels: readonly NoticeChannel[];
}

export const wanted = ({ reachable, preferences }: Wishes, topic: NoticeTopic): NoticeChannel[] =>
  noticeChannels.filter((channel) => reachable[channel] && preferences.channels[topic][channel]);

/** What a step is about, by which its user wants it or not. */
export const topicOf = (facts: Facts, step: Step): NoticeTopic =>
  facts.kind !== 'question' ? facts.kind : step === 'outcome' ? 'outcome' : step === 'remind' ? 'deadline' : 'question';

/** When it leaves, as it was when it was planned: who wants no word of deadlines may be reminded as of a question. */
export const isStillWanted = (wishes: Wishes, facts: Facts, step: Step, channel: NoticeChannel): boolean =>
  wanted(wishes, topicOf(facts, step)).includes(channel) ||
  (step === 'remind' && wanted(wishes, 'question').includes(channel));

/** The channels on which a question reaches its user before it ends. */
export const reachOf = (wishes: Wishes): NoticeChannel[] => {
  const some = new Set([...wanted(wishes, 'question'), ...wanted(wishes, 'deadline')]);
  return noticeChannels.filter((channel) => some.has(channel));
};

/** The question has ended without an answer, before its user was told of it or saw it. */
export const endedUntold = ({ facts, taken }: { readonly facts: Facts | null; readonly taken: readonly Taken[] }) =>
  facts?.kind === 'question' &&
  (facts.state === 'expired' || facts.state === 'defaulted') &&
  facts.seen_at === null &&
  taken.every(({ step, channels }) => step !== 'unreachable' && channels.length === 0);

/** When a reminder is due: as the agent says, or when a quarter of the time is left, but not within an hour. */
export function remindAt({ asked_at, expires_at, remind_at }: QuestionFacts): number {
  const quarterLeft = asked_at + 0.75 * (expires_at - asked_at);
  const usual = remind_at ?? Math.max(quarterLeft, asked_at + HOUR);
  // A question too short for that is reminded of all the same.
  return usual + gatherMs(asked_at, expires_at) < expires_at ? usual : quarterLeft;
}

/** So long a step waits for others of its user, to go with them; a short question has less time. */
export const GATHER_MS = MINUTE;
const gatherMs = (from: number, until: number): number => Math.min(GATHER_MS, Math.floor((until - from) / 8));

/** So long what a user has just looked at is not told. */
const JUST_SEEN_MS = MINUTE;

export function nextStep(facts: Facts, taken: readonly Taken[], wishes: Wishes, now: number): Next {
  if (facts.state === 'settled') return { kind: 'nothing', why: 'it is settled' };
  if (facts.kind === 'question' && facts.state === 'open' && !isReaderAt(facts, Math.max(now, facts.asked_at)))
    return { kind: 'nothing', why: 'its reader is no longer asked' };
  const left = rungsOf(facts, taken, wishes).filter(({ step }) => isLeft(step, taken));
  if (left.length === 0) return { kind: 'nothing', why: 'all was said' };
  const due = left.filter(({ at }) => at <= now);
  if (due.length === 0)
    return { kind: 'wait', until: Math.min(...left.map(({ at }) => at)), why: 'it is not time yet' };
  const last = due.at(-1) as Rung;
  const since = Math.min(...due.map(({ at }) => at));
  const channels = noticeChannels.filter((channel) => due.some((rung) => rung.channels.includes(channel)));
  const { quiet_hours: quiet } = wishes.preferences;
  const end = endOf(facts);
  const until = quietUntil(now, quiet, wishes.time_zone);
  // What ends before the quiet hours do is told in them, and a history disturbs nobody.
  if (until !== null && channels.length > 0 && (end === null || end > until + gatherOf(facts)))
    return { kind: 'wait', until, held: true, why: 'these are quiet hours of its user' };
  if (facts.seen_at !== null && now - facts.seen_at < JUST_SEEN_MS) {
    const later = facts.seen_at + JUST_SEEN_MS;
    if (end === null || later + gatherOf(facts) < end)
      return { kind: 'wait', until: later, why: 'its user looks at it' };
  }
  const wasQuiet = quietUntil(since, quiet, wishes.time_zone);
  return { kind: 'send', step: last.step, channels, since, held: wasQuiet !== null && wasQuiet <= now };
}

/** When to look at the subject again: what is due waits for others of the same minute, unless it is urgent. */
export function lookAt(facts: Facts, next: Next, now: number): number | null {
  if (next.kind === 'nothing') return null;
  const due = next.kind === 'send' ? next.since : next.until;
  const end = endOf(facts);
  const isUrgent = facts.kind === 'question' && facts.urgency === 'high' && facts.state === 'open';
  // The next quiet hours may begin a minute later.
  const at = due + (isUrgent || next.held ? 0 : gatherOf(facts));
  return Math.max(next.kind === 'send' ? now : due, end === null || at < end ? at : due);
}

function gatherOf(facts: Facts): number {
  const end = endOf(facts);
  return end === null ? GATHER_MS : gatherMs(facts.kind === 'question' ? facts.asked_at : facts.at, end);
}

/** When it is over, and nothing that is said of it helps any more. */
export const endOf = (facts: Facts): number | null =>
  facts.kind === 'question' ? (facts.state === 'open' ? facts.expires_at : null) : facts.ends_at;

function rungsOf(facts: Facts, taken: readonly Taken[], wishes: Wishes): Rung[] {
  if (facts.kind !== 'question')
    return facts.seen_at === null ? rung('tell', facts.at, wanted(wishes, facts.kind)) : [];
  const ended = facts.ended_at ?? facts.expires_at;
  if (facts.state !== 'open') return isReaderAt(facts, ended) ? rung('outcome', ended, wanted(wishes, 'outcome')) : [];
  const { asked_at, seen_at, urgency } = facts;
  const asked = wanted(wishes, 'question');
  const on = (channel: NoticeChannel) => asked.filter((one) => one === channel && seen_at === null);
  const wait = urgency === 'high' ? 0 : wishes.preferences.mail_after_minutes * MINUTE;
  const reminder = remindAt(facts);
  const near = wanted(wishes, 'deadline');
  const wasTold = taken.some(({ channels }) => channels.length > 0);
  if (reachOf(wishes).length === 0)
    return seen_at === null ? [{ step: 'unreachable', at: asked_at, channels: [] }] : [];
  return [
    ...rung('push', asked_at, on('push')),
    // Who wants no mail about deadlines gets this one before the deadline.
    ...rung('mail', Math.min(asked_at + wait, near.length > 0 ? Infinity : reminder), on('mail')),
    ...rung('remind', reminder, near.length > 0 || wasTold ? near : asked),
  ].filter(({ at }) => at < Math.min(facts.expires_at, facts.shown_until ?? Infinity));
}

/** Whether the question was, or is, its reader's to answer then; whoever is told late may be told of its end. */
export const isReaderAt = ({ shown_from = 0, shown_until }: QuestionFacts, at: number): boolean =>
  shown_until === undefined || (shown_from <= at && at < shown_until);

const rung = (step: Step, at: number, channels: readonly NoticeChannel[]): Rung[] =>
  channels.length > 0 ? [{ step, at, channels }] : [];

const isLeft = (step: Step, taken: readonly Taken[]): boolean =>
  taken.every((one) => steps.indexOf(one.step) < steps.indexOf(step));
