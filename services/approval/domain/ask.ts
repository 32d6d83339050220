import { type AskedInputRequest, urgencies } from '@missions/contracts/approval/input-request.ts';
import { type Decision, ignored, moved } from './decision.ts';
import type { Pending, State } from './state.ts';
import { timersOf } from './timers.ts';

export interface Ask {
  readonly type: 'Ask';
  readonly question: AskedInputRequest;
}

/**
 * An upsert: the question comes by the event and by the gateway's call, in either order, and only the first has an effect. One that was
 * cancelled before it came is kept with its content, so that it can be shown, but nobody is told of it: its mission no longer waits, and said so.
 */
export function ask(request: State, { question }: Ask): Decision {
  if (request === null) {
    const next = pending(question, 1);
    const timers = timersOf(next).map(({ timer, at }) => ({ kind: 'set_timer', timer, fire_at: at }) as const);
    return moved(next, [{ kind: 'announce', event: 'requested' }, ...timers]);
  }
  if (request.status === 'withdrawn')
    return moved({ ...pending(question, request.version + 1), status: 'cancelled' }, []);
  return ignored('it has been asked already');
}

const pending = (question: AskedInputRequest, version: number): Pending => ({
  id: question.id.toLowerCase(),
  customer_id: question.customer_id,
  user_id: question.user_id,
  mission_id: question.mission_id.toLowerCase(),
  task_id: question.task_id?.toLowerCase() ?? null,
  conversation_id: question.conversation_id,
  prompt: question.prompt,
  options: question.options,
  allow_freeform: question.allow_freeform,
  context: question.context,
  // A newer asker may know more words than we do.
  urgency: urgencies.find((known) => known === question.urgency) ?? 'normal',
  expires_at: inUtc(question.expires_at),
  default_option: question.default_option,
  remind_at: question.remind_at === null ? null : inUtc(question.remind_at),
  created_at: inUtc(question.created_at),
  status: 'pending',
  response: null,
  responded_at: null,
  reminded_at: null,
  version,
});

/** Milliseconds are what the database keeps; it would round where this cuts off, and timer and row would differ. */
const inUtc = (time: string): string => new Date(time).toISOString();
