import { defaultPreferences, type Preferences } from '@missions/contracts/notifier/preferences.ts';
import { weekdays } from '@missions/contracts/zone.ts';
import { expect } from 'chai';
import { takeSteps } from './gather.ts';
import {
  endedUntold,
  type Facts,
  lookAt,
  type MissionFacts,
  nextStep,
  type QuestionFacts,
  reachOf,
  type Taken,
  type Wishes,
} from './ladder.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Monday, noon. */
const T0 = Date.parse('2026-06-01T12:00:00Z');

const question = (over: Partial<QuestionFacts> = {}): QuestionFacts => ({
  kind: 'question',
  urgency: 'normal',
  asked_at: T0,
  expires_at: T0 + 24 * HOUR,
  remind_at: null,
  seen_at: null,
  state: 'open',
  ended_at: null,
  ...over,
});
/** As somebody is told who answers it from one minute until another. */
const delegated = (from: number, until: number, over: Partial<QuestionFacts> = {}): QuestionFacts => {
  const begin = T0 + from * MINUTE;
  return question({ asked_at: begin, shown_from: begin, shown_until: T0 + until * MINUTE, ...over });
};
const mission = (over: Partial<MissionFacts> = {}): MissionFacts => ({
  kind: 'failed',
  at: T0,
  ends_at: null,
  seen_at: null,
  state: 'open',
  ...over,
});
const only = (...channels: ('mail' | 'push')[]) => ({
  mail: channels.includes('mail'),
  push: channels.includes('push'),
});
const wishes = (preferences: Partial<Preferences> = {}, reachable = only('mail', 'push')): Wishes => ({
  reachable,
  preferences: { ...defaultPreferences, ...preferences },
  time_zone: 'UTC',
});
const wanting = (channels: Partial<Preferences['channels']>): Partial<Preferences> => ({
  channels: { ...defaultPreferences.channels, ...channels },
});
const took = (...names: Taken['step'][]): Taken[] => names.map((step) => ({ step, channels: ['push'], at: T0 }));
const night = { from: '22:00', to: '07:00', weekdays: [...weekdays] };

/** `remind push mail`, `wait 90` (minutes after the question), `nothing`. */
function said(facts: Facts, taken: readonly Taken[], of: Wishes, minutes: number): string {
  const next = nextStep(facts, taken, of, T0 + minutes * MINUTE);
  if (next.kind === 'wait') return `wait ${(next.until - T0) / MINUTE}`;
  return next.kind === 'send' ? [next.step, ...next.channels].join(' ') : 'nothing';
}

type Case = [what: string, minutes: number, facts: Facts, taken: Taken[], wishes: Wishes, expected: string];
const cases: Case[] = [
  ['pushes a question at once', 0, question(), [], wishes(), 'push push'],
  ['mails it after an hour', 1, question(), took('push'), wishes(), 'wait 60'],
  ['mails it when it stood unseen', 60, question(), took('push'), wishes(), 'mail mail'],
  ['mails it when the user said', 1, question(), took('push'), wishes({ mail_after_minutes: 5 }), 'wait 5'],
  ['mails what was seen not at all', 90, question({ seen_at: T0 + MINUTE }), took('push'), wishes(), 'wait 1080'],
  ['mails and pushes an urgent one at once', 0, question({ urgency: 'high' }), [], wishes(), 'mail mail push'],
  ['reminds when a quarter of the time is left', 1080, question(), took('push', 'mail'), wishes(), 'remind mail push'],
  [
    'reminds after an hour at the earliest',
    1,
    question({ expires_at: T0 + 70 * MINUTE }),
    took('push'),
    wishes(only2()),
    'wait 60',
  ],
  [
    'reminds in a short life at a quarter',
    1,
    question({ expires_at: T0 + 40 * MINUTE }),
    took('push'),
    wishes(),
    'wait 30',
  ],
  ['reminds when its agent says', 1, question({ remind_at: T0 + 30 * MINUTE }), took('push'), wishes(), 'wait 30'],
  [
    'does not believe an agent that reminds too late',
    61,
    question({ remind_at: T0 + 25 * HOUR }),
    took('push', 'mail'),
    wishes(),
    'wait 1080',
  ],
  ['reminds of what was seen', 1080, question({ seen_at: T0 }), [], wishes(), 'remind mail push'],
  [
    'waits while its user looks at it',
    1080,
    question({ seen_at: T0 + 1080 * MINUTE - 10_000 }),
    [],
    wishes(),
    `wait ${1080 + 50 / 60}`,
  ],
  ['says no more after the reminder', 1100, question(), took('push', 'mail', 'remind'), wishes(), 'nothing'],
  ['says nothing once it is answered', 60, question({ state: 'settled' }), took('push'), wishes(), 'nothing'],
  [
    'says what happened',
    1441,
    question({ state: 'expired', ended_at: T0 + 24 * HOUR }),
    took('push', 'mail', 'remind'),
    wishes(),
    'outcome mail push',
  ],
  ['says so once', 1441, question({ state: 'defaulted' }), took('outcome'), wishes(), 'nothing'],
  ['uses the channels that there are', 0, question(), [], wishes({}, only('mail')), 'wait 60'],
  ['uses the channels that are wanted', 0, question(), [], wishes(wanting({ question: only('mail') })), 'wait 60'],
  ['says once that nobody hears', 0, question(), [], wishes({}, only()), 'unreachable'],
  ['says it also in quiet hours', 660, question(), [], wishes({ quiet_hours: night }, only()), 'unreachable'],
  ['does not say it twice', 5, question(), took('unreachable'), wishes({}, only()), 'nothing'],
  ['does not say it of what was seen', 5, question({ seen_at: T0 }), [], wishes({}, only()), 'nothing'],
  ['does not say it of what was told before', 5, question(), took('push'), wishes({}, only()), 'nothing'],
  ['tells all the same once there is a channel', 60, question(), took('unreachable'), wishes(), 'mail mail push'],
  [
    'tells on a channel for questions who wants no reminders',
    30,
    question({ expires_at: T0 + 40 * MINUTE }),
    [],
    wishes(wanting({ question: only('mail'), deadline: only() })),
    'remind mail',
  ],
  [
    'reminds on a channel that is wanted for deadlines only',
    0,
    question(),
    [],
    wishes(wanting({ question: only(), deadline: only('push') })),
    'wait 1080',
  ],
  ['tells a delegate when their time begins', 30, delegated(60, 600), [], wishes(), 'wait 60'],
  ['tells a delegate at once then', 60, delegated(60, 600), [], wishes(), 'push push'],
  ['mails a delegate as the delegate wants', 61, delegated(60, 600), took('push'), wishes(), 'wait 120'],
  ['leaves out for a delegate what comes after their time', 121, delegated(60, 110), took('push'), wishes(), 'nothing'],
  ['says nothing to a delegate whose time is over', 600, delegated(60, 600), [], wishes(), 'nothing'],
  [
    'holds for a delegate in the quiet hours of the delegate',
    660,
    delegated(60, 1400),
    [],
    wishes({ quiet_hours: night }),
    'wait 1140',
  ],
  [
    'says to a delegate what happened in their time',
    1441,
    delegated(60, 1500, { state: 'expired', ended_at: T0 + 24 * HOUR }),
    took('push'),
    wishes(),
    'outcome mail push',
  ],
  [
    'does not say to a delegate what happened afterwards',
    1441,
    delegated(60, 600, { state: 'expired', ended_at: T0 + 24 * HOUR }),
    took('push'),
    wishes(),
    'nothing',
  ],
  ['holds in quiet hours', 660, question(), [], wishes({ quiet_hours: night }), 'wait 1140'],
  [
    'tells on all channels once what was held',
    1140,
    question(),
    [],
    wishes({ quiet_hours: night }),
    'remind mail push',
  ],
  [
    'lets a deadline through that is in the quiet hours',
    630,
    question({ expires_at: T0 + 14 * HOUR }),
    took('push', 'mail'),
    wishes({ quiet_hours: night }),
    'remind mail push',
  ],
  [
    'holds what happened',
    660,
    question({ state: 'expired', ended_at: T0 + 11 * HOUR }),
    [],
    wishes({ quiet_hours: night }),
    'wait 1140',
  ],
  ['tells of a failure', 0, mission(), [], wishes(), 'tell mail push'],
  ['tells of it where it is wanted', 0, mission(), [], wishes(wanting({ failed: only('push') })), 'tell push'],
  ['does not tell what was seen', 5, mission({ seen_at: T0 }), [], wishes(), 'nothing'],
  ['tells of it once', 5, mission(), took('tell'), wishes(), 'nothing'],
  [
    'holds the end of a mission',
    660,
    mission({ kind: 'stale', ends_at: T0 + 72 * HOUR }),
    [],
    wishes({ quiet_hours: night }),
    'wait 1140',
  ],
  [
    'lets through the end of a mission in the night',
    660,
    mission({ kind: 'stale', ends_at: T0 + 15 * HOUR }),
    [],
    wishes({ quiet_hours: night }),
    'tell mail push',
  ],
];
function only2(): Partial<Preferences> {
  return { mail_after_minutes: 600 };
}

describe('the ladder', () => {
  for (const [what, minutes, facts, taken, of, expected] of cases)
    it(what, () => expect(said(facts, taken, of, minutes)).to.equal(expected));

  it('looks again when a step has waited a minute for others, and at once for an urgent one', () => {
    const look = (facts: Facts) => (lookAt(facts, nextStep(facts, [], wishes(), T0), T0) ?? 0) - T0;
    expect([
      look(question()),
      look(question({ urgency: 'high' })),
      look(question({ expires_at: T0 + MINUTE })),
    ]).to.deep.equal([MINUTE, 0, MINUTE / 8]);
  });

  it('reaches a user on what there is and what is wanted', () => {
    expect(reachOf(wishes())).to.deep.equal(['mail', 'push']);
    expect(reachOf(wishes(wanting({ question: only(), deadline: only('push') })))).to.deep.equal(['push']);
    expect(reachOf(wishes({}, only()))).to.deep.equal([]);
  });
});

describe('a question that has ended', () => {
  const ended = (over: Partial<QuestionFacts> = {}, taken: Taken[] = []) =>
    endedUntold({ facts: question({ state: 'expired', ended_at: T0, ...over }), taken });

  it('was untold if its user neither was told nor saw it, which is said once', () => {
    expect([ended(), ended({ state: 'defaulted' })]).to.deep.equal([true, true]);
    expect([
      ended({ state: 'settled' }),
      ended({ seen_at: T0 }),
      ended({}, took('mail')),
      ended({}, [{ step: 'unreachable', channels: [], at: T0 }]),
      endedUntold({ facts: mission(), taken: [] }),
    ]).to.deep.equal([false, false, false, false, false]);
  });
});

describe('what is due within a minute', () => {
  const subjects = (count: number, facts: Facts = question({ urgency: 'high' })) =>
    Array.from({ length: count }, (_, index) => ({ id: `q${index}`, facts, taken: [] }));
  const sent = (count: number, toldAt: number | null = null, of = wishes()) =>
    takeSteps(subjects(count), of, { toldAt, now: T0 }).told.map(({ channel, items }) => `${channel} ${items.length}`);

  it('is told one by one up to two, and as one from three', () => {
    expect(sent(2)).to.deep.equal(['mail 1', 'mail 1', 'push 1', 'push 1']);
    expect(sent(3)).to.deep.equal(['mail 3', 'push 3']);
    expect(sent(300)).to.deep.equal(['mail 300', 'push 300']);
  });

  it('waits until a minute is over since the user was told something', () => {
    expect(sent(3, T0 - 10_000)).to.deep.equal([]);
    const [first] = takeSteps(subjects(1), wishes(), { toldAt: T0 - 10_000, now: T0 }).looked;
    expect(first).to.deep.equal({ id: 'q0', taken: [], look_at: T0 + 50_000 });
    expect(sent(3, T0 - MINUTE)).to.have.lengthOf(2);
  });

  it('is released as one after quiet hours', () => {
    const held = [question(), question({ asked_at: T0 + HOUR })].map((facts, index) => ({
      id: `q${index}`,
      facts,
      taken: [],
    }));
    const at = { toldAt: null, now: T0 + 19 * HOUR };
    const quiet = wishes({ quiet_hours: { from: '11:00', to: '07:00', weekdays: [...weekdays] } });
    expect(takeSteps(held, quiet, at).told.map(({ items }) => items.length)).to.deep.equal([2, 2]);
  });

  it('takes each step once', () => {
    const { looked } = takeSteps(subjects(1), wishes(), { toldAt: null, now: T0 });
    const again = looked.map(({ id, taken }) => ({ id, taken, facts: question({ urgency: 'high' }) }));
    expect(takeSteps(again, wishes(), { toldAt: null, now: T0 + 2 * MINUTE }).told).to.deep.equal([]);
  });
});
