import type { InputResponse } from '@missions/contracts/approval/input-request.ts';
import { type Decision, moved, refused, type Refused } from './decision.ts';
import type { Pending, State } from './state.ts';
import { cancelTimers } from './timers.ts';

export interface Respond {
  readonly type: 'Respond';
  readonly answer: InputResponse;
  readonly by: {
    readonly kind: 'service' | 'agent' | 'user';
    readonly customer_id: string;
    readonly user_id: string | null;
  };
  /** When the caller says which mission it must be of. */
  readonly mission_id: string | null;
  readonly at: string;
}

/**
 * A question is answered by its user and by nobody else. Whether it can be answered at all is said before what is wrong with the answer: there
 * is no use in mending one that comes too late.
 */
export function respond(request: State, { answer, by, mission_id, at }: Respond): Decision {
  if (by.kind !== 'user' || by.user_id === null)
    return refused('FORBIDDEN', 'A question is answered by its user. An agent can ask and read, not answer.');
  const theirs =
    request !== null &&
    request.customer_id === by.customer_id &&
    request.user_id === by.user_id &&
    (mission_id === null || request.mission_id === mission_id);
  if (!theirs || request.status === 'withdrawn') return refused('INPUT_REQUEST_NOT_FOUND', notFound);
  switch (request.status) {
    case 'pending':
      return request.expires_at <= at
        ? refused('REQUEST_EXPIRED', tooLate(request.expires_at))
        : take(request, answer, by.user_id, at);
    case 'expired':
      return refused('REQUEST_EXPIRED', tooLate(request.expires_at));
    case 'responded':
      // Nobody has answered: an answer that comes after the deadline hears the same whether or not silence has decided yet.
      if (request.response.via === 'timeout')
        return refused(
          'REQUEST_EXPIRED',
          `${tooLate(request.expires_at)} Nobody had answered, so its default option was taken.`,
        );
      return refused('ALREADY_RESPONDED', 'This question has been answered. Read it to see the answer.');
    case 'cancelled':
      return refused('ALREADY_RESPONDED', 'This question was cancelled: its mission no longer waits for it.', {
        status: request.status,
      });
    default:
      return request satisfies never;
  }
}

export const notFound = 'There is no such question for this user. List the input requests to find its id.';
const tooLate = (expiredAt: string): string => `This question could be answered until ${expiredAt}.`;

function take(
  request: Pending,
  { selected_option = null, freeform_text = null }: InputResponse,
  user: string,
  at: string,
): Decision {
  // A form sends its empty text field along: blank is no text.
  const text = freeform_text !== null && freeform_text.trim() !== '' ? freeform_text : null;
  const ids = request.options.map((option) => option.id);
  if (selected_option !== null && !ids.includes(selected_option)) {
    return invalid(
      '/selected_option',
      ids.length > 0
        ? `must be one of ${ids.join(', ')}`
        : 'this question has no options; answer it with freeform_text',
    );
  }
  if (text !== null && !request.allow_freeform)
    return invalid('/freeform_text', `is not allowed for this question; choose one of ${ids.join(', ')}`);
  if (selected_option === null && text === null)
    return invalid('', `an answer needs ${ways(ids, request.allow_freeform)}`);
  const response = { selected_option, freeform_text: text, responded_by: user, via: 'api' } as const;
  const next = { ...request, status: 'responded', response, responded_at: at, version: request.version + 1 } as const;
  return moved(next, [{ kind: 'announce', event: 'responded' }, ...cancelTimers(request)], 'before the deadline');
}

const ways = (ids: readonly string[], freeform: boolean): string =>
  [
    ...(ids.length > 0 ? [`a selected_option (${ids.join(', ')})`] : []),
    ...(freeform ? ['a freeform_text that is not blank'] : []),
  ].join(' or ');

const invalid = (path: string, message: string): Refused =>
  refused('VALIDATION_FAILED', `${path || 'the body'}: ${message}`, { errors: [{ path, message }] });
