import { type Decision, ignored, moved, premature } from './decision.ts';
import type { State } from './state.ts';
import { cancelTimers } from './timers.ts';

export interface Expire {
  readonly type: 'Expire';
  /** What the timer had been set to. */
  readonly fire_at: string;
  readonly at: string;
}

/** Nobody answered in time. A default, if there is one, is taken; that is called a timeout and never an approval. */
export function expire(request: State, { fire_at, at }: Expire): Decision {
  if (request === null) return ignored('there is no such request');
  if (request.status !== 'pending') return ignored(`it is ${request.status}`);
  if (at < request.expires_at)
    return fire_at < request.expires_at
      ? ignored('the timer is of an earlier deadline')
      : premature(`it may be answered until ${request.expires_at}`);
  const { default_option } = request;
  const version = request.version + 1;
  if (default_option === null) {
    return moved(
      { ...request, status: 'expired', version },
      [{ kind: 'announce', event: 'expired' }, ...cancelTimers(request, 'expire')],
      'after the deadline',
    );
  }
  const response = {
    selected_option: default_option,
    freeform_text: null,
    responded_by: null,
    via: 'timeout',
  } as const;
  const next = { ...request, status: 'responded', response, responded_at: at, version } as const;
  return moved(
    next,
    [{ kind: 'announce', event: 'responded' }, ...cancelTimers(request, 'expire')],
    'after the deadline',
  );
}
