import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import type { Delegate } from './delegate.ts';
import type { Facts, MissionFacts, QuestionFacts } from './ladder.ts';

/** What is said of a subject; every text is an agent's or a stranger's. */
export interface About {
  readonly mission_title: string;
  /** What a question asks; of a mission, what its history says. */
  readonly text: string;
  readonly options: readonly { readonly id: string; readonly label: string }[];
  readonly allow_freeform: boolean;
  readonly default_option: string | null;
  /** It is decided on the page, signed in, and by no link. */
  readonly irreversible?: boolean;
  /** Who else is told of it. */
  readonly others?: readonly string[];
  /** The label of the default that was taken. */
  readonly took: string | null;
}

/** An event, as far as this service cares for it. */
export type Heard =
  | { readonly kind: 'asked'; readonly question: AskedInputRequest; readonly mission_title: string }
  | {
      readonly kind: 'question_ended';
      readonly request_id: string;
      readonly how: Exclude<QuestionFacts['state'], 'open'>;
      readonly took: string | null;
    }
  /** One of several who must approve has done so. */
  | {
      readonly kind: 'approved';
      readonly request_id: string;
      readonly user_id: string;
      readonly on_behalf_of: string | null;
    }
  /** Somebody answers it for another, or no longer does. */
  | { readonly kind: 'delegated'; readonly request_id: string; readonly delegate: Delegate }
  | {
      readonly kind: 'mission_is';
      readonly what: MissionFacts['kind'];
      readonly mission_title: string;
      readonly text: string;
      readonly ends_at: string | null;
    }
  /** What was said of the mission before is over, but for `except`. */
  | { readonly kind: 'mission_moved'; readonly settles: readonly MissionFacts['kind'][] };

/** Of the event. */
export interface HeardOf {
  readonly customer_id: string;
  readonly user_id: string;
  readonly mission_id: string;
  readonly version: number;
  readonly at: number;
}

export interface State {
  readonly facts: Facts | null;
  readonly about: About | null;
  readonly version: number;
}

export const questionId = (requestId: string): string => `question:${requestId.toLowerCase()}`;
/** The same question, as another than the user of its mission is told of it. */
export const sharedQuestionId = (requestId: string, userId: string): string => `${questionId(requestId)}:${userId}`;
export const requestIdOf = (subjectId: string): string => subjectId.split(':')[1] ?? '';
export const isOfAnother = (subjectId: string): boolean => subjectId.split(':').length > 2;
export const missionSubjectId = (kind: MissionFacts['kind'], missionId: string): string =>
  `${kind}:${missionId.toLowerCase()}`;

/** Mail has room for so much of a text; the page has the whole. */
const MAX_TEXT = 4_000;
const cut = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT).toWellFormed()}…`);

export const askedFacts = (question: AskedInputRequest): QuestionFacts => ({
  kind: 'question',
  urgency: question.urgency,
  asked_at: Date.parse(question.created_at),
  expires_at: Date.parse(question.expires_at),
  remind_at: question.remind_at === null ? null : Date.parse(question.remind_at),
  seen_at: null,
  state: 'open',
  ended_at: null,
});

/** Those who are told beside the user of the mission, each from a time on or at once. */
export const othersOf = ({ assignees = [], escalate_to = null, escalate_at = null }: AskedInputRequest) => [
  ...assignees.map((user_id) => ({ user_id, from: null })),
  ...(escalate_to === null ? [] : [{ user_id: escalate_to, from: escalate_at }]),
];

/** Who is told late is told at once, on every channel: the others have had their time. */
export const escalatedFacts = (facts: QuestionFacts, from: string): QuestionFacts => ({
  ...facts,
  urgency: 'high',
  asked_at: Date.parse(from),
  shown_from: Date.parse(from),
  remind_at: null,
});

export const askedAbout = (question: AskedInputRequest, mission_title: string): About => ({
  mission_title,
  text: cut(question.prompt),
  options: question.options.map(({ id, label }) => ({ id, label })),
  allow_freeform: question.allow_freeform,
  default_option: question.default_option,
  ...(question.irreversible && { irreversible: true }),
  ...(othersOf(question).length > 0 && { others: othersOf(question).map(({ user_id }) => user_id) }),
  took: null,
});

/** The question as it has ended; null if it had ended before. */
export function endedState(
  { facts, about }: State,
  how: Exclude<QuestionFacts['state'], 'open'>,
  took: string | null,
  at: number,
): Pick<State, 'facts' | 'about'> | null {
  if (facts?.kind !== 'question' || facts.state !== 'open') return null;
  const label = about?.options.find(({ id }) => id === took)?.label ?? took;
  return { facts: { ...facts, state: how, ended_at: at }, about: about && { ...about, took: label } };
}

export const missionFacts = (kind: MissionFacts['kind'], at: number, ends_at: string | null): MissionFacts => ({
  kind,
  at,
  ends_at: ends_at === null ? null : Date.parse(ends_at),
  seen_at: null,
  state: 'open',
});

export const missionAbout = (mission_title: string, text: string): About => ({
  mission_title,
  text: cut(text),
  options: [],
  allow_freeform: false,
  default_option: null,
  took: null,
});
