import type { InputRequest, Mission, OpenBlocker, Task } from '../store/shapes.ts';

export type Tone = 'you' | 'waits' | 'works' | 'paused' | 'good' | 'bad' | 'over';

/** What a mission waits for or has come to, in one sentence, and the times that belong to it. */
export interface Standing {
  readonly tone: Tone;
  readonly text: string;
  /** Words of an agent or of the user that follow the sentence. */
  readonly about?: string;
  readonly since?: string | null;
  readonly until?: string | null;
}

export interface StandingOf {
  readonly mission: Mission;
  readonly blockers: readonly OpenBlocker[];
  /** Absent in a list, which has neither. */
  readonly tasks?: readonly Task[];
  readonly questions?: readonly Pick<InputRequest, 'prompt' | 'request_id'>[];
}

const RESTORABLE_DAYS = 30;
const DAY = 24 * 3_600_000;

/** Until when a deleted mission may be restored. */
export const restorableUntil = (deletedAt: string): string =>
  new Date(Date.parse(deletedAt) + RESTORABLE_DAYS * DAY).toISOString();

export function standingOf(it: StandingOf): Standing {
  const { mission } = it;
  if (mission.deleted_at !== null)
    return {
      tone: 'over',
      text: 'Deleted. You may restore it',
      since: mission.deleted_at,
      until: restorableUntil(mission.deleted_at),
    };
  switch (mission.status) {
    case 'completed':
      return {
        tone: mission.outcome === 'partial' ? 'over' : 'good',
        text: mission.outcome === 'partial' ? 'Done in part' : 'Done',
        since: mission.completed_at,
      };
    case 'failed':
      return { tone: 'bad', text: 'Failed. What failed can be tried again', since: mission.completed_at };
    case 'cancelled':
      return { tone: 'over', text: 'Cancelled', since: mission.completed_at };
    case 'paused':
      return paused(mission);
    case 'waiting':
      return waiting(it);
    default:
      return working(it);
  }
}

/** A mission that nobody looked at ends by itself: said beside whatever else it waits for. */
export const endsAt = ({ status, deleted_at, grace_period_ends_at }: Mission): string | null =>
  deleted_at === null && !['completed', 'cancelled', 'failed'].includes(status) ? grace_period_ends_at : null;

function paused({ paused_by }: Mission): Standing {
  if (paused_by === 'agent') return { tone: 'paused', text: 'Paused by an agent' };
  if (paused_by === 'system')
    return { tone: 'bad', text: 'Paused by the product, because too many runs failed in a row' };
  return { tone: 'paused', text: 'Paused by you' };
}

const KINDS: Readonly<Record<OpenBlocker['kind'], readonly [one: string, several: string]>> = {
  human_input: ['your answer', 'answers of yours'],
  email_reply: ['a reply by mail', 'replies by mail'],
  calendar_response: ['a response to an invitation', 'responses to invitations'],
  webhook: ['a message of another system', 'messages of other systems'],
  mission: ['another mission', 'other missions'],
  manual: ['something outside', 'things outside'],
  time: ['its time', 'its times'],
};

/** What a wait of this kind waits for, e.g. “a reply by mail”. */
export const awaited = (kind: string, count = 1): string => {
  const [one, several] = KINDS[kind as OpenBlocker['kind']] ?? KINDS.manual;
  return count === 1 ? one : `${count} ${several}`;
};

function waiting({ mission, blockers, questions = [] }: StandingOf): Standing {
  const counts = new Map<string, number>();
  for (const { kind } of blockers) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const forYou = counts.has('human_input') || questions.length > 0;
  if (questions.length > 0 && !counts.has('human_input')) counts.set('human_input', questions.length);
  const first = [...counts].toSorted(([one], [other]) => rank(one) - rank(other));
  const text = first.length === 0 ? 'Waits' : `Waits for ${list(first.map(([kind, count]) => awaited(kind, count)))}`;
  const [only] = blockers;
  const about = blockers.length === 1 ? (questions[0]?.prompt ?? only?.reason ?? '') : '';
  return {
    tone: forYou ? 'you' : 'waits',
    text,
    ...(about !== '' && { about }),
    since: earliest(blockers.map(({ since }) => since)) ?? mission.blocked_since,
    until: earliest(blockers.map(({ until_at }) => until_at)),
  };
}

const rank = (kind: string): number => Object.keys(KINDS).indexOf(kind);
const list = (parts: readonly string[]): string =>
  new Intl.ListFormat('en', { type: 'conjunction' }).format(parts as string[]);
const earliest = (times: readonly (string | null)[]): string | null =>
  times.filter((time) => time !== null).toSorted()[0] ?? null;

function working({ mission, tasks = [] }: StandingOf): Standing {
  const [started] = tasks.filter(({ status }) => status === 'in_progress');
  if (started) return { tone: 'works', text: 'Is being worked on', about: started.title, since: started.started_at };
  if (mission.can_run_autonomously)
    return {
      tone: 'works',
      text: mission.phase === 'planning' ? 'An agent will plan it by itself' : 'An agent goes on by itself',
      since: mission.last_autonomous_check,
    };
  return {
    tone: 'waits',
    text: 'Goes on when an agent takes it up in a conversation, or when you let agents work on it by themselves',
  };
}
