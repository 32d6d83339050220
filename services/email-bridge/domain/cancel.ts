import { type Decision, ignored, moved } from './decision.ts';
import { dropped, isOpen, type State } from './state.ts';

export interface Cancel {
  readonly type: 'Cancel';
  /** Whose wait has ended, for the case that the e-mail itself has not come yet. */
  readonly of: {
    readonly id: string;
    readonly customer_id: string;
    readonly user_id: string;
    readonly mission_id: string;
  };
  /** A reply to it has ended the wait: there may be more to come. */
  readonly by_reply: boolean;
  readonly at: string;
}

/** Its mission no longer waits for it. An e-mail that has not come yet leaves a tombstone, so that it is not sent when it comes. */
export function cancel(email: State, { of, by_reply, at }: Cancel): Decision {
  if (by_reply) return ignored('a reply to it has ended the wait');
  if (email === null) return moved({ status: 'withdrawn', ...of, version: 1, created_at: at }, []);
  if (email.status === 'withdrawn') return ignored('it was cancelled before it came');
  // Any mission may wait for the replies to any mail of its customer; only that of the mail's own mission decides about the mail.
  if (email.mission_id !== of.mission_id) return ignored('it is of another mission');
  if (!isOpen(email)) return ignored(`it is ${email.status}`);
  return moved(
    { ...email, status: 'cancelled', messages: dropped(email.messages), version: email.version + 1, updated_at: at },
    [{ kind: 'drop' }, { kind: 'cancel_timer' }],
  );
}
