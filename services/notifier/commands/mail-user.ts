import { sendNotice, type NoticeMail } from '@missions/contracts/email/notices.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { UserKey } from '../store/people.ts';
import type { Context } from './context.ts';

/** Hands mail to the e-mail bridge, which takes a notice of one id once. @throws Problem */
export async function mailUser(
  { bus }: Pick<Context, 'bus'>,
  user: UserKey,
  mail: Omit<NoticeMail, 'user_id'>,
): Promise<void> {
  await bus.request(sendNotice, { caller: callerFor(user), input: { ...mail, user_id: user.user_id } });
}

/** As whom the bridge is asked. */
export const callerFor = ({ customer_id, user_id }: UserKey): Caller => ({
  kind: 'service',
  credential: 'notifier',
  customer_id,
  user_id,
  agent_id: null,
});
