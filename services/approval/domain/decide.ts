import {
  carriedBy,
  type AskedInputRequest,
  type InputResponse,
  urgencies,
} from '@missions/contracts/approval/input-request.ts';
import {
  type Ignored,
  ignored,
  type Premature,
  premature,
  type Refused,
  refused,
} from '@missions/contracts/decision.ts';
import { acceptedAnswer, type Answerer } from './accepted-answer.ts';
import { type Delegated, type Place, placeOf } from './answerers.ts';
import { counted, type GivenAnswer } from './quorum.ts';
import type { InputRequest, Pending, State, Withdrawn } from './state.ts';

/** Times arrive in the command, as RFC 3339 in UTC with milliseconds, so that they compare as text. */
export type Command = Ask | Respond | Expire | Remind | Cancel;

interface Ask {
  readonly type: 'Ask';
  readonly question: AskedInputRequest;
}
interface Respond {
  readonly type: 'Respond';
  readonly answer: InputResponse;
  readonly by: {
    readonly kind: 'service' | 'agent' | 'user' | 'operator';
    readonly customer_id: string;
    readonly user_id: string | null;
    readonly signed_in?: Answerer['signed_in'];
  };
  /** `link`: by the address in a mail, without a session; `rule:<id>`: by what the user has decided beforehand. */
  readonly via?: Answerer['via'];
  /** Of those who are asked: who answers for whom. */
  readonly delegations?: readonly Delegated[];
  /** The mission that the request must belong to, if the caller names one. */
  readonly mission_id: string | null;
  readonly at: string;
}
interface Expire {
  readonly type: 'Expire';
  readonly at: string;
}
interface Remind {
  readonly type: 'Remind';
  readonly at: string;
  /** Reminders that went out before: of the same mission within an hour, of the same user within a day. */
  readonly recent?: RecentReminders;
}
export interface RecentReminders {
  readonly of_mission: number;
  readonly of_user: number;
}
const MAX_REMINDERS_A_DAY = 24;
interface Cancel {
  readonly type: 'Cancel';
  /** The owner of the request, for a cancellation that arrives before the request itself. */
  readonly of: {
    readonly id: string;
    readonly customer_id: string;
    readonly user_id: string;
    readonly mission_id: string;
  };
  readonly at: string;
}

/** Events to announce in the transaction of the change. */
export type Effect = {
  readonly kind: 'announce';
  readonly event: 'requested' | 'approved' | 'responded' | 'expired' | 'cancelled' | 'reminder_due';
};

/**
 * The side of the deadline on which the change must also be when it is written: time passes between decision and write.
 */
export type DeadlineGuard = 'before the deadline' | 'after the deadline' | 'either side';

export interface Moved {
  readonly kind: 'moved';
  readonly next: InputRequest | Withdrawn;
  readonly effects: readonly Effect[];
  readonly deadlineGuard: DeadlineGuard;
  /** Kept for itself, because the request has several, or its user has not given it. */
  readonly answer?: GivenAnswer;
  /** By which it was given; it must still stand when the change is written. */
  readonly delegation?: string | null;
}
export type Decision = Moved | Ignored | Premature | Refused;

/** Decides one command for one request. A request is decided once: it leaves `pending` at most once. */
export function decide(request: State, command: Command): Decision {
  switch (command.type) {
    case 'Ask':
      return ask(request, command);
    case 'Respond':
      return respond(request, command);
    case 'Expire':
      return expire(request, command);
    case 'Remind':
      return remind(request, command);
    case 'Cancel':
      return cancel(request, command);
    default:
      return command satisfies never;
  }
}

/**
 * An upsert: the request arrives with the mission service's event and with the gateway's call, in either order, and
 * only the first has an effect. A request that was cancelled before it arrived is stored with its content, so that it
 * can be shown, but it is not announced: its mission no longer waits and has published that.
 */
function ask(request: State, { question }: Ask): Decision {
  if (request === null) {
    return moved(pending(question, 1), [{ kind: 'announce', event: 'requested' }]);
  }
  if (request.status === 'withdrawn') {
    return moved({ ...pending(question, request.version + 1), status: 'cancelled' }, []);
  }
  return ignored('the request is known already');
}

const pending = (asked: AskedInputRequest, version: number): Pending => ({
  id: asked.id.toLowerCase(),
  customer_id: asked.customer_id,
  user_id: asked.user_id,
  mission_id: asked.mission_id.toLowerCase(),
  task_id: asked.task_id?.toLowerCase() ?? null,
  task: asked.task ?? null,
  conversation_id: asked.conversation_id,
  prompt: asked.prompt,
  options: asked.options,
  allow_freeform: asked.allow_freeform,
  context: asked.context,
  // A newer version of the mission service may use an urgency that this version does not know.
  urgency: urgencies.find((known) => known === asked.urgency) ?? 'normal',
  expires_at: inUtc(asked.expires_at),
  default_option: asked.default_option,
  remind_at: asked.remind_at === null ? null : inUtc(asked.remind_at),
  created_at: inUtc(asked.created_at),
  agent_id: asked.agent_id ?? null,
  ...carriedBy(asked),
  status: 'pending',
  response: null,
  responded_at: null,
  reminded_at: null,
  approvals: [],
  version,
});

/** Cuts off below milliseconds, which is what the database stores; it would round. */
const inUtc = (time: string): string => new Date(time).toISOString();

/**
 * Only those who are asked may respond to a request. Whether the request still accepts a response is checked before the response
 * itself, because correcting a response that comes too late is of no use.
 */
function respond(request: State, { answer, by, via = 'api', delegations = [], mission_id, at }: Respond): Decision {
  if (by.kind !== 'user' || by.user_id === null) {
    return refused('FORBIDDEN', 'An input request is answered by its user. An agent can ask and read, not answer.');
  }
  const isOfTheirs =
    request !== null &&
    request.customer_id === by.customer_id &&
    (mission_id === null || request.mission_id === mission_id);
  if (!isOfTheirs || request.status === 'withdrawn') return refused('INPUT_REQUEST_NOT_FOUND', notFound);
  const place = placeOf(request, by.user_id, at, delegations);
  if (place === null) return refused('INPUT_REQUEST_NOT_FOUND', notFound);
  switch (request.status) {
    case 'pending':
      return request.expires_at <= at
        ? refused('REQUEST_EXPIRED', tooLate(request.expires_at))
        : via === 'link' && !mayBeDecidedWithoutThem(request)
          ? refused('FORBIDDEN', 'This cannot be undone: it is decided on the page, signed in, and not from a mail.')
          : accept(request, answer, { ...by, user_id: by.user_id, via }, place, at);
    case 'expired':
      return refused('REQUEST_EXPIRED', tooLate(request.expires_at));
    case 'responded':
      // A late response is refused in the same way whether or not the deadline has taken the default option yet.
      if (request.response.via === 'timeout') {
        const detail = `${tooLate(request.expires_at)} Nobody had answered, so its default option was taken.`;
        return refused('REQUEST_EXPIRED', detail);
      }
      return refused('ALREADY_RESPONDED', 'This input request has been answered. Read it to see the response.');
    case 'cancelled':
      return refused(
        'ALREADY_RESPONDED',
        'This input request was taken back, or its mission no longer waits for it: nothing was recorded.',
        {
          status: request.status,
        },
      );
    default:
      return request satisfies never;
  }
}

/**
 * Who has a mail may have it by accident, and a rule was made before the question: what cannot be undone, and what gives an
 * agent more power, is decided by neither.
 */
export const mayBeDecidedWithoutThem = ({ irreversible, context }: Pending): boolean =>
  !irreversible && context?.['irreversible'] !== true && context?.['proposes'] === undefined;

export const notFound = 'There is no such input request for this user. List the input requests to find its id.';
const tooLate = (expiredAt: string): string => `This input request could be answered until ${expiredAt}.`;

/** What the user chose, with the time of the answer; one approval of several leaves the request pending. */
function accept(request: Pending, answer: InputResponse, by: Answerer, place: Place, at: string): Decision {
  const { delegation } = place;
  const answerer = delegation === null ? by : { ...by, on_behalf_of: place.of };
  const response = acceptedAnswer(request, answer, answerer, at);
  if ('code' in response) return response;
  const given = counted(request, response, by.user_id, at);
  if ('code' in given) return given;
  const { approvals, isFull, kept } = given;
  const version = request.version + 1;
  const keeping = { delegation, ...(kept && { answer: kept }) };
  if (!isFull) {
    const next = { ...request, approvals, version };
    return { ...moved(next, [{ kind: 'announce', event: 'approved' }], 'before the deadline'), ...keeping };
  }
  const whole = {
    ...response,
    ...(request.quorum > 1 && approvals.length >= request.quorum && { approved_by: approvals }),
  };
  const next = { ...request, approvals, status: 'responded', response: whole, responded_at: at, version } as const;
  return { ...moved(next, [{ kind: 'announce', event: 'responded' }], 'before the deadline'), ...keeping };
}

/**
 * The deadline passed without a response. It never moves, so that a firing before it is early, whatever time that firing
 * says it was set for. The default option, if there is one, is taken: `via: timeout`, never an
 * approval.
 */
function expire(request: State, { at }: Expire): Decision {
  if (request === null) return ignored('there is no such request');
  if (request.status !== 'pending') return ignored(`the request is ${request.status}`);
  if (at < request.expires_at) return premature(`the request can be answered until ${request.expires_at}`);
  const { default_option } = request;
  const version = request.version + 1;
  if (default_option === null) {
    const next = { ...request, status: 'expired', version } as const;
    return moved(next, [{ kind: 'announce', event: 'expired' }], 'after the deadline');
  }
  const response = {
    selected_option: default_option,
    freeform_text: null,
    responded_by: null,
    via: 'timeout',
  } as const;
  const next = { ...request, status: 'responded', response, responded_at: at, version } as const;
  return moved(next, [{ kind: 'announce', event: 'responded' }], 'after the deadline');
}

/**
 * A reminder is sent once, and only while the request can still be answered. The reminders of a mission are an hour
 * apart at least: one that comes sooner is left out, because its user has just been called to the same inbox.
 */
function remind(request: State, { at, recent }: Remind): Decision {
  if (request === null) return ignored('there is no such request');
  if (request.status !== 'pending') return ignored(`the request is ${request.status}`);
  if (request.remind_at === null) return ignored('no reminder was asked for');
  if (request.reminded_at !== null) return ignored('the user has been reminded');
  if (request.expires_at <= at) return ignored('the request can no longer be answered');
  if (at < request.remind_at) return premature(`the user is reminded at ${request.remind_at}`);
  if (recent && recent.of_mission > 0) return ignored('the user was reminded of this mission within the hour');
  if (recent && recent.of_user >= MAX_REMINDERS_A_DAY) return ignored('the user was reminded often enough today');
  const next = { ...request, reminded_at: at, version: request.version + 1 };
  return moved(next, [{ kind: 'announce', event: 'reminder_due' }], 'before the deadline');
}

/**
 * The mission no longer waits. A request that has not arrived yet leaves a tombstone, so that it is not asked when it
 * arrives.
 */
function cancel(request: State, { of, at }: Cancel): Decision {
  if (request === null) return moved({ status: 'withdrawn', ...of, version: 1, created_at: at }, []);
  if (request.status !== 'pending') return ignored(`the request is ${request.status}`);
  const next = { ...request, status: 'cancelled', version: request.version + 1 } as const;
  return moved(next, [{ kind: 'announce', event: 'cancelled' }]);
}

const moved = (
  next: InputRequest | Withdrawn,
  effects: readonly Effect[],
  deadlineGuard: DeadlineGuard = 'either side',
): Moved => ({ kind: 'moved', next, effects, deadlineGuard });
