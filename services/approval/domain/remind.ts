import { type Decision, ignored, moved, premature } from './decision.ts';
import type { State } from './state.ts';

export interface Remind {
  readonly type: 'Remind';
  /** What the timer had been set to. */
  readonly fire_at: string;
  readonly at: string;
}

/** Once, and only while there is still something to be done about it. */
export function remind(request: State, { fire_at, at }: Remind): Decision {
  if (request === null) return ignored('there is no such request');
  if (request.status !== 'pending') return ignored(`it is ${request.status}`);
  if (request.remind_at === null) return ignored('no reminder was asked for');
  if (request.reminded_at !== null) return ignored('its user has been reminded');
  if (request.expires_at <= at) return ignored('it can no longer be answered');
  if (at < request.remind_at)
    return fire_at < request.remind_at
      ? ignored('the timer is of an earlier reminder')
      : premature(`its user is reminded at ${request.remind_at}`);
  return moved(
    { ...request, reminded_at: at, version: request.version + 1 },
    [{ kind: 'announce', event: 'reminder_due' }],
    'before the deadline',
  );
}
