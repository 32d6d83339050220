import { askUser, receiveSignal, requestEmail, requestFollowUp } from '@missions/contracts/mission/requests.ts';
import { blockerKey } from '@missions/contracts/waits.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { type Context, type Executed, executeCommand } from '../commands/execute-command.ts';
import { holdLease } from '../commands/hold-lease.ts';
import { storeSignal } from '../store/signals.ts';

/** What a mission waits for: signals, input requests, and replies to e-mails. */
export const waitEndpoints = (context: Context): Endpoint[] => [
  /**
   * Returns once the signal is stored. Missions that wait for it have gone on by then, or will with the next round of
   * deliveries.
   */
  endpoint(receiveSignal, async ({ caller: { customer_id }, idempotency, run, input }) => {
    const { db, clock, newId, admit, deliveries } = context;
    admit();
    const key = blockerKey(input.kind, input.reference);
    const id = input.id ?? newId();
    const result = await executeOnce(db, idempotency, async (tx) => {
      await holdLease(tx, { customer_id }, run);
      const signal = { id, data: input.data ?? {}, final: input.final ?? true, received_at: clock.now().toISOString() };
      const { stored, waiters } = await storeSignal(tx, customer_id, key, signal);
      return { body: JSON.stringify({ id, key, duplicate: !stored, waiters }) };
    });
    await deliveries.deliver({ customer_id, signal_id: id });
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

  /** Returns the e-mail in the same form in which the event carries it to the email-bridge. */
  endpoint(requestEmail, ({ input: { mission_id, email }, ...call }) => {
    const { conversation_id } = email;
    const command = { type: 'RequestEmail', tracking_id: context.newId(), email } as const;
    return executeCommand(context, call, { mission_id, conversation_id, command }, async (_tx, executed) =>
      JSON.stringify(eventMember(executed, 'mail')),
    );
  }),

  /** The recipients are left to the email-bridge: when it sends the follow-up, it alone knows who has not replied. */
  endpoint(requestFollowUp, ({ input: { mission_id, of, follow_up }, ...call }) => {
    const command = { type: 'RequestFollowUp', id: context.newId(), of, follow_up } as const;
    return executeCommand(context, call, { mission_id, command }, async (_tx, executed) =>
      JSON.stringify({ mail: eventMember(executed, 'mail'), of }),
    );
  }),
];

/** What the command asks another service to do, as its event carries it. */
function eventMember({ mission, changes }: Executed, member: 'question' | 'mail'): unknown {
  const value = changes.find(({ event }) => event?.[member] !== undefined)?.event?.[member];
  if (value === undefined)
    throw new Error(`Mission ${mission.id}, version ${mission.version}: none of the events carries a ${member}.`);
  return value;
}
