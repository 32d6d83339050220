import {
  askUser,
  findEmail,
  receiveSignal,
  requestEmail,
  requestFollowUp,
} from '@missions/contracts/mission/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { BlockerKind } from '@missions/contracts/mission/vocabulary.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { blockerKey } from '@missions/contracts/waits.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type Context, type Executed, executeCommand } from '../commands/execute-command.ts';
import { holdLease } from '../commands/hold-lease.ts';
import { limitFollowUp, limitMail } from '../commands/limit-mail.ts';
import { askForSwitch } from '../commands/switched-off.ts';
import { requestedEmail } from '../store/requested-emails.ts';
import { storeSignal } from '../store/signals.ts';
import { questionEndpoints } from './questions.ts';
import { withdrawEndpoint } from './withdraw.ts';

/** What a mission waits for: signals, input requests, and replies to e-mails. */
export const waitEndpoints = (context: Context): Endpoint[] => [
  /**
   * Returns once the signal is stored, for the caller's user if it names one. Missions that wait for it have gone on by
   * then, or will with the next round of deliveries.
   */
  endpoint(receiveSignal, async ({ caller, idempotency, run, input }) => {
    const { db, clock, newId, admit, deliveries } = context;
    refuseOwnKinds(caller, input.kind);
    admit();
    const key = blockerKey(input.kind, input.reference);
    const id = input.id ?? newId();
    const result = await executeOnce(db, idempotency, async (tx) => {
      await holdLease(tx, caller, run);
      const signal = { id, data: input.data ?? {}, final: input.final ?? true, received_at: clock.now().toISOString() };
      const { stored, waiters } = await storeSignal(tx, caller, key, signal);
      return { body: JSON.stringify({ id, key, duplicate: !stored, waiters }), missionId: null };
    });
    await deliveries.deliver({ customer_id: caller.customer_id, signal_id: id });
    return result;
  }),

  /** Returns the input request in the same form in which the event carries it to the approval service. */
  endpoint(askUser, ({ input: { mission_id, question }, ...call }) => {
    const { conversation_id } = question;
    const command = { type: 'RequestInput', request_id: context.newId(), request: question } as const;
    return executeCommand(context, call, { mission_id, conversation_id, command }, async (_tx, executed) =>
      JSON.stringify(eventMember(executed, 'question')),
    );
  }),

  withdrawEndpoint(context),

  ...questionEndpoints(context),

  endpoint(findEmail, async ({ caller, input: { tracking_id, mission_id = null } }) => {
    const mail = await requestedEmail(autocommit(context.db), caller, tracking_id, mission_id);
    return { body: { mail: mail ?? null } };
  }),

  /**
   * Returns the e-mail in the same form in which the event carries it to the email-bridge. Its recipients are counted in
   * the transaction of the decision.
   */
  endpoint(requestEmail, async ({ input: { mission_id, email }, ...call }) => {
    const refuseSwitchedOff = await askForSwitch(context, call.caller, mission_id);
    const { conversation_id } = email;
    const command = { type: 'RequestEmail', tracking_id: context.newId(), email } as const;
    return executeCommand(context, call, { mission_id, conversation_id, command }, async (tx, executed) => {
      refuseSwitchedOff();
      await limitMail(tx, context, senderOf(call.caller, executed), email);
      return JSON.stringify(eventMember(executed, 'mail'));
    });
  }),

  /** The recipients are left to the email-bridge: when it sends the follow-up, it alone knows who has not replied. */
  endpoint(requestFollowUp, async ({ input: { mission_id, of, follow_up }, ...call }) => {
    const refuseSwitchedOff = await askForSwitch(context, call.caller, mission_id);
    const command = { type: 'RequestFollowUp', id: context.newId(), of, follow_up } as const;
    return executeCommand(context, call, { mission_id, command }, async (tx, executed) => {
      refuseSwitchedOff();
      await limitFollowUp(tx, context, senderOf(call.caller, executed), of);
      return JSON.stringify({ mail: eventMember(executed, 'mail'), of });
    });
  }),
];

const senderOf = ({ agent_id }: Caller, { mission: { customer_id, user_id } }: Executed) => ({
  customer_id,
  user_id,
  agent_id,
});

/** The kinds that the product resolves itself, each with the call that does. */
const ownKinds = {
  human_input:
    'Only its user ends a wait for an input request, by POST /api/v1/input-requests/{request_id}/respond. Agents wait for ' +
    'the response with GET /api/internal/missions/{mission_id}/input-requests/{request_id}?wait=30.',
  mission:
    'The end of a mission is signalled by the product itself. End the mission that is waited for, by PATCH ' +
    '/api/internal/missions/{mission_id} with {"status": "completed"}.',
  email_reply:
    'Replies to an e-mail come by mail, and end its waits by themselves. Read them with POST ' +
    '/api/internal/emails/check-replies. For an event from elsewhere, wait for the kind webhook.',
  time:
    'A wait for a time ends by itself when the time comes. To go on sooner, end it by hand: PATCH …/tasks/{task_id} with ' +
    '{"blocked_by": ""}.',
} satisfies Partial<Record<BlockerKind, string>>;

/**
 * Nobody may say that the user has responded, that a mission has ended or, but for the trusted backend, that mail has
 * come (specification section 3.4).
 */
function refuseOwnKinds({ kind: caller }: Caller, kind: BlockerKind): void {
  const detail = (ownKinds as Partial<Record<BlockerKind, string>>)[kind];
  if (detail === undefined || (kind === 'email_reply' && caller === 'service')) return;
  if (caller !== 'service') throw new Problem('FORBIDDEN', `An agent's key may not send the signal ${kind}. ${detail}`);
  throw new Problem('VALIDATION_FAILED', `kind: ${kind} is no signal that callers send. ${detail}`, {
    errors: [{ path: '/kind', message: `must not be ${kind}` }],
  });
}

/** What the command asks another service to do, as its event carries it. */
function eventMember({ mission, changes }: Executed, member: 'question' | 'mail'): unknown {
  const value = changes.find(({ event }) => event?.[member] !== undefined)?.event?.[member];
  if (value === undefined)
    throw new Error(`Mission ${mission.id}, version ${mission.version}: none of the events carries a ${member}.`);
  return value;
}
