import { sendNotice, withdrawNotice } from '@missions/contracts/email/notices.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { erasedAmong } from '@missions/persistence/tombstones.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import type { Context } from '../commands/execute-command.ts';
import { keepNoticeBack, queueNotice } from '../store/notices.ts';

/** Mail of the product to its users, which the notifier writes. */
export const noticeEndpoints = (context: Context): Endpoint[] => [send(context), withdraw(context)];

const send = (context: Context) =>
  endpoint(sendNotice, async ({ caller: { customer_id }, input }) => {
    const { mission_id } = input;
    return await transaction(context.db, async (tx) => {
      if (mission_id !== null && (await erasedAmong(tx, [mission_id])).size > 0)
        throw new Problem('MISSION_NOT_FOUND', `Mission ${mission_id} of this notice was erased.`);
      const body = await queueNotice(tx, { ...input, customer_id, token: context.newToken() }, dueBy(context.clock));
      tx.afterCommit(context.wakeSender);
      return { body };
    });
  });

const withdraw = ({ db, clock, newToken }: Context) =>
  endpoint(withdrawNotice, async ({ caller: { customer_id, user_id }, input: { id } }) => {
    const notice = { customer_id, id, user_id: user_id ?? '', token: newToken() };
    return { body: await transaction(db, (tx) => keepNoticeBack(tx, notice, dueBy(clock))) };
  });
