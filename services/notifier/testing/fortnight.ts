import { type NoticeChannel, noticeTopics, type Preferences } from '@missions/contracts/notifier/preferences.ts';
import { weekdays } from '@missions/contracts/zone.ts';
import type { Saying, Subject } from '../domain/gather.ts';
import { type QuestionFacts, reachOf, topicOf, type Wishes } from '../domain/ladder.ts';
import { quietUntil } from '../domain/quiet-hours.ts';

/** Users with every combination of wishes, and what must hold of all that they were told. */
const MINUTE = 60_000;
/** A change of summer time in Europe, and from it in the south, lies in the fortnight that begins here. */
export const T0 = Date.parse('2027-03-22T00:00:00Z');
const ZONES = [
  ...['UTC', 'Europe/Berlin', 'Europe/Lisbon', 'America/New_York', 'America/Los_Angeles', 'America/Santiago'],
  ...['Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Australia/Adelaide', 'Pacific/Auckland', 'Asia/Tokyo'],
];

/** Park and Miller's generator: every run is the same. */
export function dice(seed: number): (sides: number) => number {
  let state = seed * 7919 + 1;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
}

export function wishesOfUser(user: number): Wishes {
  const roll = dice(user + 1);
  const some = () => ({ mail: roll(4) > 0, push: roll(3) > 0 });
  const hours = [null, ['22:00', '07:00'], ['23:30', '06:15'], ['00:00', '23:59'], ['12:00', '13:30']][roll(5)];
  const preferences: Preferences = {
    channels: Object.fromEntries(noticeTopics.map((topic) => [topic, some()])) as Preferences['channels'],
    mail_after_minutes: [0, 5, 60, 600][roll(4)] as number,
    quiet_hours: hours
      ? { from: hours[0] as string, to: hours[1] as string, weekdays: weekdays.filter(() => roll(5) > 0) }
      : null,
    digest_hour: roll(2) ? roll(24) : null,
    push_text: false,
  };
  return { reachable: some(), preferences, time_zone: ZONES[user % ZONES.length] as string };
}

export interface SentStep extends Saying {
  readonly channel: NoticeChannel;
  readonly at: number;
  /** Of the question, as it was then. */
  readonly facts: QuestionFacts;
  /** With which others it was told; left out, it was told alone. */
  readonly notice?: string;
}
export interface ToldUser {
  readonly wishes: Wishes;
  readonly sent: readonly SentStep[];
  readonly subjects: readonly Pick<Subject, 'id' | 'facts'>[];
}

/** Questions that ended without an answer, whose user could be told of them and was not. */
export function untold({ wishes, sent, subjects }: ToldUser): string[] {
  if (reachOf(wishes).length === 0) return [];
  return (
    subjects
      .filter(({ facts: { state } }) => state === 'expired' || state === 'defaulted')
      // The user of a question is told of it, whoever answers it for them.
      .filter(({ facts }) => (facts as QuestionFacts).shown_until === undefined)
      .filter(({ id }) => !sent.some((one) => one.id === id && one.step !== 'outcome'))
      .map(({ id }) => `nobody was told of ${id}`)
  );
}

/**
 * What was told in quiet hours, and does not end before they do, with the minute in which it is told after them. A notice
 * that waits for nobody takes with it what it was gathered with.
 */
export const toldInQuietHours = ({ wishes, sent }: ToldUser): string[] =>
  sent.flatMap((one) => {
    const { id, at, step, notice } = one;
    const until = quietUntil(at, wishes.preferences.quiet_hours, wishes.time_zone);
    if (until === null) return [];
    const together = notice === undefined ? [one] : sent.filter((other) => other.notice === notice);
    if (together.some(({ step, facts }) => step !== 'outcome' && facts.expires_at <= until + MINUTE)) return [];
    return [`${step} of ${id} was told in quiet hours, at ${new Date(at).toISOString()}`];
  });

export const toldTooLate = ({ sent }: ToldUser): string[] =>
  sent
    .filter(({ facts, step, at }) => facts.state === 'settled' || (step !== 'outcome' && at >= facts.expires_at))
    .map(({ id, step, at }) => `${step} of ${id} was told after its end, at ${new Date(at).toISOString()}`);

/** What a delegate was told before or after their time; what happened in it is told afterwards. */
export const toldOutside = ({ sent }: ToldUser): string[] =>
  sent
    .filter(({ facts: { shown_from = 0, shown_until = Infinity, ended_at }, step, at }) => {
      const when = step === 'outcome' ? (ended_at ?? at) : at;
      return when < shown_from || when >= shown_until;
    })
    .map(({ id, step, at }) => `${step} of ${id} was told outside of its time, at ${new Date(at).toISOString()}`);

export function toldTwice({ sent }: ToldUser): string[] {
  const keys = sent.map(({ id, step, channel }) => `${step} of ${id} by ${channel}`);
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

export const toldUnwanted = ({ wishes, sent }: ToldUser): string[] =>
  sent
    .filter(({ channel, step, facts }) => {
      const topics = [topicOf(facts, step), 'question'] as const;
      return !wishes.reachable[channel] || !topics.some((topic) => wishes.preferences.channels[topic][channel]);
    })
    .map(({ id, step, channel }) => `${step} of ${id} was told by ${channel}, which its user does not want`);
