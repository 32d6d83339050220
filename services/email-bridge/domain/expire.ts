import { type Decision, type Effect, ignored, moved, premature } from './decision.ts';
import { dropped, isOpen, type State } from './state.ts';

export interface Expire {
  readonly type: 'Expire';
  /** What the timer had been set to. */
  readonly fire_at: string;
  readonly at: string;
}

/** Somebody has not answered in time. What has not even been sent by then is not sent any more. */
export function expire(email: State, { fire_at, at }: Expire): Decision {
  if (email === null || email.status === 'withdrawn') return ignored('there is no such e-mail');
  if (!isOpen(email) || email.expires_at === null) return ignored(`it is ${email.status}`);
  if (at < email.expires_at)
    return fire_at < email.expires_at
      ? ignored('the timer is of an earlier deadline')
      : premature(`it may be answered until ${email.expires_at}`);
  const effects: Effect[] = [{ kind: 'announce', event: 'expired' }, { kind: 'drop' }];
  return moved(
    { ...email, status: 'expired', messages: dropped(email.messages), version: email.version + 1, updated_at: at },
    effects,
  );
}
