import { expect } from 'chai';
import { dayOf } from '@missions/contracts/zone.ts';
import {
  dice,
  type SentStep,
  T0,
  toldInQuietHours,
  toldOutside,
  toldTooLate,
  toldTwice,
  toldUnwanted,
  type ToldUser,
  untold,
  wishesOfUser,
} from '../testing/fortnight.ts';
import { asDelegated, type Delegate } from './delegate.ts';
import { nextDigest } from './digest.ts';
import { type Subject, takeSteps } from './gather.ts';
import { lookAt, nextStep, type QuestionFacts, reachOf } from './ladder.ts';

const MINUTE = 60_000;
const END = T0 + 14 * 24 * 60 * MINUTE;
const USERS = 200;
const QUESTIONS = 8;
/** Of others, whom the user answers for. */
const DELEGATED = 3;

const delegate = (from: number, until: number): Delegate => ({
  ...{ id: 'd', user_id: 'ada', to_user_id: 'reader' },
  ...{ from: new Date(from).toISOString(), until: new Date(until).toISOString() },
});

/** One user's fourteen days, from event to event, as the service lives them. */
function live(user: number): ToldUser {
  const roll = dice(1_000 + user);
  const wishes = wishesOfUser(user);
  const sent: SentStep[] = [];
  const subjects = new Map<string, Subject & { look: number | null }>();
  const events: { at: number; run: (at: number) => void }[] = [];
  const set = (id: string, facts: QuestionFacts, at: number): void => {
    const taken = subjects.get(id)?.taken ?? [];
    subjects.set(id, { id, facts, taken, look: lookAt(facts, nextStep(facts, taken, wishes, at), at) });
  };
  const change = (id: string, over: Partial<QuestionFacts>, at: number): void => {
    const facts = subjects.get(id)?.facts as QuestionFacts | undefined;
    if (facts?.state === 'open') set(id, { ...facts, ...over }, at);
  };
  for (let index = 0; index < QUESTIONS + DELEGATED; index++) {
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
    const until = expires_at - asked_at;
    if (index < QUESTIONS) events.push({ at: asked_at, run: (at) => set(id, fresh, at) });
    else {
      const [from, to] = [asked_at + roll(until) - until / 4, asked_at + roll(2 * until)];
      const tell = (at: number, over: number): void => {
        const it = subjects.get(id) as { facts: QuestionFacts; taken: Subject['taken'] } | undefined;
        const next = asDelegated(fresh, [delegate(from, over)], 'reader', it ?? { facts: null, taken: [] }, at);
        if (next) set(id, next.facts, at);
      };
      events.push({ at: asked_at, run: (at) => tell(at, to) });
      // Some are ended early.
      if (roll(3) === 0) events.push({ at: asked_at + roll(until), run: (at) => tell(at, Math.min(at, to)) });
    }
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
  return { sent, subjects: [...subjects.values()], wishes };
}

describe('fourteen days of 200 users in twelve zones', function () {
  this.timeout(60_000);
  const lives: ToldUser[] = [];
  before(() => {
    for (let user = 0; user < USERS; user++) lives.push(live(user));
  });

  it('end no question without an answer whose user could be told and was not', () => {
    expect(lives.flatMap(untold)).to.deep.equal([]);
    const reachable = lives.filter(({ wishes }) => reachOf(wishes).length > 0);
    const unanswered = reachable.flatMap(({ subjects }) => subjects.filter(({ facts }) => facts.state !== 'settled'));
    expect(unanswered.length).to.be.greaterThan(500);
  });

  it('tell nothing in quiet hours but what ends before they do', () =>
    expect(lives.flatMap(toldInQuietHours)).to.deep.equal([]));

  it('tell nothing after a decision, and nothing twice', () => {
    expect(lives.flatMap(toldTooLate)).to.deep.equal([]);
    expect(lives.flatMap(toldTwice)).to.deep.equal([]);
  });

  it('tell a delegate of a question from the begin of their time on and until its end', () => {
    expect(lives.flatMap(toldOutside)).to.deep.equal([]);
    const told = lives.flatMap(({ sent }) => sent.filter(({ facts }) => facts.shown_until !== undefined));
    expect(told.length).to.be.greaterThan(200);
  });

  it('tell on channels that are there and wanted only', () => expect(lives.flatMap(toldUnwanted)).to.deep.equal([]));

  it('have one digest a day at most, at its hour', () => {
    for (const {
      wishes: { preferences, time_zone },
    } of lives) {
      if (preferences.digest_hour === null) continue;
      const days: string[] = [];
      for (let at = T0; at < END;) {
        at = nextDigest(at, preferences.digest_hour, time_zone, days.at(-1) ?? null);
        days.push(dayOf(at, time_zone));
      }
      expect(new Set(days).size).to.equal(days.length);
      expect(days.length).to.be.within(14, 16);
    }
  });
});
