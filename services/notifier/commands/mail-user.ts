import { sendNotice, type NoticeMail } from '@missions/contracts/email/notices.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { UserKey } from '../store/people.ts';
import type { Context } from './context.ts';

/** Hands mail to the e-mail bridge, which takes a notice of one id once. @throws Problem */
export async function mailUser(
  { bus }: Pick<Context, 'bus'>,
  { customer_id, user_id }: UserKey,
  mail: Omit<NoticeMail, 'user_id'>,
): Promise<void> {
  const caller: Caller = { kind: 'service', credential: 'notifier', customer_id, user_id, agent_id: null };
  await bus.request(sendNotice, { caller, input: { ...mail, user_id } });
}
