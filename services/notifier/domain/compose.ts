import type { WaitingItem } from '@missions/contracts/notifier/requests.ts';
import { type Facts, isReaderAt } from './ladder.ts';
import type { Saying } from './gather.ts';
import type { Line, MissionTold, Notice, QuestionTold, Reader } from './notice.ts';
import { type About, requestIdOf } from './subject.ts';

/** A subject with all that can be said of it. */
export interface Known {
  readonly id: string;
  readonly mission_id: string;
  readonly facts: Facts;
  readonly about: About;
}

export interface Telling {
  /** Of the notice. */
  readonly id: string;
  readonly reader: Reader;
  /** Of the gateway, without a slash at its end. */
  readonly publicUrl: string;
  readonly unsubscribe: string;
  /** By which the one question is decided from the mail; null where it is not. */
  readonly action: string | null;
}

/** So many lines a summary has room for. */
const MAX_LINES = 20;
const iso = (at: number): string => new Date(at).toISOString();

/** Whether the step may still be said: nobody is told of what is settled, or of what they have answered meanwhile. */
export function isStillTrue({ facts }: Pick<Known, 'facts'>, { step }: Pick<Saying, 'step'>, now: number): boolean {
  if (facts.kind !== 'question') return step === 'tell' && facts.state === 'open';
  if (step === 'outcome')
    return (facts.state === 'expired' || facts.state === 'defaulted') && isReaderAt(facts, facts.ended_at ?? now);
  return facts.state === 'open' && facts.expires_at > now && isShown(facts, now);
}

/** To whom a question is escalated or delegated sees nothing of it before, and a delegate nothing afterwards. */
export const isShown = (facts: Facts, now: number): boolean =>
  facts.kind !== 'question' || ((facts.shown_from ?? now) <= now && isReaderAt(facts, now));

/** One notice of what is told at one moment. `told` is not empty. */
export function noticeOf(told: readonly (Known & Pick<Saying, 'step'>)[], telling: Telling): Notice {
  const [first] = told;
  if (!first) throw new Error(`the notice ${telling.id} says nothing`);
  const common = commonOf(telling);
  if (told.length > 1)
    return {
      ...common,
      kind: 'several',
      lines: told.slice(0, MAX_LINES).map((one) => lineOf(one, telling)),
      total: told.length,
    };
  const { facts } = first;
  if (facts.kind !== 'question') return { ...common, kind: facts.kind, mission: missionTold(first, telling) };
  const question = questionTold(first, telling);
  if (first.step === 'outcome') return { ...common, kind: 'outcome', question, took: first.about.took };
  return { ...common, kind: first.step === 'remind' ? 'deadline' : 'question', question };
}

/** What is open by deadline, then what has ended since the digest before. */
export function digestOf(
  day: string,
  open: readonly Known[],
  ended: readonly Known[],
  telling: Telling,
): Notice | undefined {
  if (open.length === 0 && ended.length === 0) return undefined;
  const until = ({ facts }: Known) => (facts.kind === 'question' ? facts.expires_at : (facts.ends_at ?? Infinity));
  const lines = (of: readonly Known[]) => of.slice(0, MAX_LINES).map((one) => lineOf(one, telling));
  const byDeadline = open.toSorted((a, b) => until(a) - until(b));
  return { ...commonOf(telling), kind: 'digest', day, open: lines(byDeadline), ended: lines(ended) };
}

const commonOf = ({ id, reader, publicUrl, unsubscribe }: Telling) => ({
  id,
  reader,
  links: { inbox: `${publicUrl}/`, settings: `${publicUrl}/settings`, unsubscribe },
});

const questionPage = ({ id }: Pick<Known, 'id'>, publicUrl: string): string => `${publicUrl}/q/${requestIdOf(id)}`;

function questionTold({ id, mission_id, facts, about }: Known, { publicUrl, action }: Telling): QuestionTold {
  if (facts.kind !== 'question') throw new Error(`${id} is no question`);
  const href = questionPage({ id }, publicUrl);
  const choices = action === null ? href : `${publicUrl}/a/${action}`;
  return {
    request_id: requestIdOf(id),
    mission_id,
    mission_title: about.mission_title,
    prompt: about.text,
    options: about.options.map((option) => ({ ...option, href: `${choices}?choice=${encodeURIComponent(option.id)}` })),
    allow_freeform: about.allow_freeform,
    default_option: about.default_option,
    urgency: facts.urgency,
    asked_at: iso(facts.asked_at),
    expires_at: iso(facts.expires_at),
    href,
  };
}

function missionTold({ id, mission_id, facts, about }: Known, { publicUrl }: Telling): MissionTold {
  if (facts.kind === 'question') throw new Error(`${id} is no mission`);
  return {
    mission_id,
    title: about.mission_title,
    text: about.text,
    at: iso(facts.at),
    ends_at: facts.ends_at === null ? null : iso(facts.ends_at),
    href: `${publicUrl}/missions/${mission_id}`,
  };
}

function lineOf({ id, mission_id, facts, about }: Known, { publicUrl }: Pick<Telling, 'publicUrl'>): Line {
  const isQuestion = facts.kind === 'question';
  const until = isQuestion ? (facts.state === 'open' ? facts.expires_at : null) : facts.ends_at;
  return {
    kind: isQuestion ? (facts.state === 'open' ? 'question' : 'outcome') : facts.kind,
    mission_title: about.mission_title,
    text: about.text,
    until: until === null ? null : iso(until),
    href: isQuestion ? questionPage({ id }, publicUrl) : `${publicUrl}/missions/${mission_id}`,
  };
}

/** For an agent that chats with the user. */
export function waitingOf(known: Known): WaitingItem {
  const { id, mission_id, facts, about } = known;
  const { kind, until } = lineOf(known, { publicUrl: '' });
  const request_id = facts.kind === 'question' ? requestIdOf(id) : null;
  return {
    id: request_id === null ? id : `${kind}:${request_id}`,
    kind,
    mission_id,
    mission_title: about.mission_title,
    request_id,
    text: about.text,
    until,
    at: iso(facts.kind === 'question' ? (facts.ended_at ?? facts.asked_at) : facts.at),
  };
}
