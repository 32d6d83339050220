import { followableStatuses } from '@missions/contracts/email/email.ts';
import { mailFaults } from '@missions/contracts/email/requested.ts';
import { countFollowUp, countRecipients, mayMail } from '@missions/contracts/mission/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import { type CallOptions, type Context } from '../commands/execute-command.ts';
import { holdLease } from '../commands/hold-lease.ts';
import { limitFollowUp, limitMail } from '../commands/limit-mail.ts';
import { requireMission, requireUser } from '../commands/problems.ts';
import { standingOf } from '../store/mail-permission.ts';

/**
 * Mail of no mission counts like a mission's: the gateway has it counted here before the email-bridge accepts it. The
 * mail of a mission is counted with the decision to send it (`waits.ts`).
 */
export const mailLimitEndpoints = (context: Context): Endpoint[] => [
  endpoint(countRecipients, async ({ input: { email }, ...call }) => {
    const sender = senderOf(call.caller);
    const errors = mailFaults(email);
    const [first] = errors;
    if (first) throw new Problem('VALIDATION_FAILED', `${first.path}: ${first.message}`, { errors });
    return await once(context, call, (tx) => limitMail(tx, context, sender, email));
  }),

  /** A follow-up that the email-bridge will refuse counts nothing. */
  endpoint(countFollowUp, async ({ input: { of }, ...call }) => {
    const sender = { ...senderOf({ ...call.caller, user_id: of.user_id }) };
    if (of.pending_from.length === 0 || !followableStatuses.includes(of.status)) return { body: '{}' };
    return await once(context, call, (tx) => limitFollowUp(tx, context, sender, of));
  }),

  endpoint(mayMail, async ({ caller, input: { mission_id } }) => {
    const { status } = requireMission(await standingOf(autocommit(context.db), caller, mission_id));
    const ended = status === 'completed' || status === 'failed' || status === 'cancelled';
    return { body: { state: ended ? 'ended' : status === 'paused' ? 'paused' : 'active' } };
  }),
];

const senderOf = (caller: Caller) => ({
  customer_id: caller.customer_id,
  user_id: requireUser(caller, '/user_id', 'name the user who sends.'),
  agent_id: caller.agent_id,
});

const once = ({ db }: Context, { caller, idempotency, run }: CallOptions, count: (tx: Tx) => Promise<void>) =>
  executeOnce(db, idempotency, async (tx) => {
    await holdLease(tx, caller, run);
    await count(tx);
    return { body: '{}', missionId: null };
  });
