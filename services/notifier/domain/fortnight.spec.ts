import {
  type NoticeChannel,
  noticeTopics,
  type Preferences,
  weekdays,
} from '@missions/contracts/notifier/preferences.ts';
import { expect } from 'chai';
import { nextDigest } from './digest.ts';
import { type Saying, type Subject, takeSteps } from './gather.ts';
import { lookAt, nextStep, type QuestionFacts, reachOf, topicOf, type Wishes } from './ladder.ts';
import { quietUntil } from './quiet-hours.ts';
import { dayOf } from './zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Over the change to summer time in Europe, and from it in the south. */
const T0 = Date.parse('2027-03-22T00:00:00Z');
const END = T0 + 14 * DAY;
const ZONES = [
  ...['UTC', 'Europe/Berlin', 'Europe/Lisbon', 'America/New_York', 'America/Los_Angeles', 'America/Santiago'],
  ...['Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Australia/Adelaide', 'Pacific/Auckland', 'Asia/Tokyo'],
];
const USERS = 200;
const QUESTIONS = 8;

/** Park and Miller's generator: every run is the same. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 7919 + 1;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
}

function wishesOf(user: number): Wishes {
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

interface Sent extends Saying {
  readonly channel: NoticeChannel;
  readonly at: number;
  readonly facts: QuestionFacts;
}

/** One user's fourteen days, from event to event, as the service lives them. */
function live(user: number): { readonly sent: Sent[]; readonly ended: readonly Subject[]; readonly wishes: Wishes } {
  const roll = dice(1_000 + user);
  const wishes = wishesOf(user);
  const sent: Sent[] = [];
  const subjects = new Map<string, Subject & { look: number | null }>();
  const events: { at: number; run: (at: number) => void }[] = [];
  const set = (id: string, facts: QuestionFacts, at: number): void => {
    const taken = subjects.get(id)?.taken ?? [];
    subjects.set(id, { id, facts, taken, look: lookAt(facts, nextStep(facts, taken, wishes, at), at) });
  };
  const change = (id: string, over: Partial<QuestionFacts>, at: number): void => {
    const facts = subjects.get(id)?.facts as QuestionFacts;
    if (facts.state === 'open') set(id, { ...facts, ...over }, at);
  };
  for (let index = 0; index < QUESTIONS; index++) {
    const asked_at = T0 + roll(13 * 24 * 60) * MINUTE;
    const expires_at = asked_at + ([1, 10, 90, 600, 1_440, 4_320][roll(6)] as number) * MINUTE;
    const id = `q${index}`;
    const remind_at = roll(4) === 0 ? asked_at + roll(300) * MINUTE : null;
    const urgency = (['low', 'normal', 'high'] as const)[roll(3)] ?? 'normal';
    const fresh = {
      kind: 'question',
      urgency,
      asked_at,
      expires_at,
      remind_at,
      seen_at: null,
      state: 'open',
      ended_at: null,
    } as const;
    events.push({ at: asked_at, run: (at) => set(id, fresh, at) });
    const until = expires_at - asked_at;
    if (roll(3) === 0) events.push({ at: asked_at + roll(until), run: (at) => change(id, { seen_at: at }, at) });
    if (roll(3) === 0)
      events.push({ at: asked_at + roll(until), run: (at) => change(id, { state: 'settled', ended_at: at }, at) });
    const state = roll(2) ? 'expired' : 'defaulted';
    events.push({ at: expires_at, run: (at) => change(id, { state, ended_at: at }, at) });
  }
  events.sort((a, b) => a.at - b.at);
  let toldAt: number | null = null;
  for (;;) {
    const looks = [...subjects.values()].flatMap(({ look }) => look ?? []);
    const look = Math.min(Infinity, ...looks);
    const event = events[0];
    if (look === Infinity && !event) break;
    if (event && event.at <= look) {
      events.shift();
      event.run(event.at);
      continue;
    }
    const due = [...subjects.values()].filter((one) => one.look !== null && one.look <= look + MINUTE);
    const { told, looked } = takeSteps(due, wishes, { toldAt, now: look });
    for (const { channel, items } of told) {
      for (const item of items)
        sent.push({ ...item, channel, at: look, facts: subjects.get(item.id)?.facts as QuestionFacts });
    }
    if (told.length > 0) toldAt = look;
    for (const { id, taken, look_at } of looked) {
      const before = subjects.get(id) as Subject;
      // A pass that moves nothing would be asked again for ever.
      if (look_at !== null && look_at <= look && taken.length === before.taken.length)
        throw new Error(`${id} is looked at again at once`);
      subjects.set(id, { ...before, taken, look: look_at });
    }
  }
  return { sent, ended: [...subjects.values()], wishes };
}

describe('fourteen days of 200 users in twelve zones', function () {
  this.timeout(60_000);
  const lives: ReturnType<typeof live>[] = [];
  before(() => {
    for (let user = 0; user < USERS; user++) lives.push(live(user));
  });
  const each = (check: (one: ReturnType<typeof live>, user: number) => void): void => lives.forEach(check);

  it('end no question without an answer whose user could be told and was not', () => {
    let checked = 0;
    each(({ sent, ended, wishes }, user) => {
      if (reachOf(wishes).length === 0) return;
      for (const { id, facts } of ended) {
        if (facts.state !== 'expired' && facts.state !== 'defaulted') continue;
        checked++;
        const before = sent.filter((one) => one.id === id && one.step !== 'outcome');
        expect(before, `${id} of user ${user}`).not.to.have.lengthOf(0);
      }
    });
    expect(checked).to.be.greaterThan(500);
  });

  it('tell nothing in quiet hours but what ends before they do', () => {
    each(({ sent, wishes }, user) => {
      for (const { id, at, step, facts } of sent) {
        const until = quietUntil(at, wishes.preferences.quiet_hours, wishes.time_zone);
        if (until === null) continue;
        expect(step, `${id} of user ${user}`).to.not.equal('outcome');
        // With the minute in which it could still have been told after them.
        expect(facts.expires_at, `${id} of user ${user} at ${new Date(at).toISOString()}`).to.be.at.most(
          until + MINUTE,
        );
      }
    });
  });

  it('tell nothing after a decision, and nothing twice', () => {
    each(({ sent }, user) => {
      for (const { facts, step, at } of sent) {
        expect(facts.state).to.not.equal('settled');
        if (step !== 'outcome') expect(at).to.be.below(facts.expires_at);
      }
      const keys = sent.map(({ id, step, channel }) => `${id} ${step} ${channel}`);
      expect(new Set(keys).size, `user ${user}`).to.equal(keys.length);
    });
  });

  it('tell on channels that are there and wanted only', () => {
    each(({ sent, wishes }) => {
      for (const { channel, step, facts } of sent) {
        expect(wishes.reachable[channel]).to.equal(true);
        const topics = [topicOf(facts, step), 'question'] as const;
        expect(topics.some((topic) => wishes.preferences.channels[topic][channel])).to.equal(true);
      }
    });
  });

  it('have one digest a day at most, at its hour', () => {
    each(({ wishes: { preferences, time_zone } }) => {
      if (preferences.digest_hour === null) return;
      const days: string[] = [];
      for (let at = T0; at < END;) {
        at = nextDigest(at, preferences.digest_hour, time_zone, days.at(-1) ?? null);
        days.push(dayOf(at, time_zone));
      }
      expect(new Set(days).size).to.equal(days.length);
      expect(days.length).to.be.within(14, 16);
    });
  });
});
