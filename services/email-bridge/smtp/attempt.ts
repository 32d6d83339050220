import { transaction } from '@missions/persistence/transaction.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { executeCommand } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';
import { type DueMessage, stillWaiting } from '../store/claim-messages.ts';
import { backOff } from './backoff.ts';
import type { Delivered, Transport } from './transport.ts';

export interface SendingFaults {
  /** The server has the message, and nothing is written yet: to throw here is to die here. */
  afterSend?(messageId: string): Promise<void> | void;
}

/** An attempt is over well before its lease is. */
export const ATTEMPT_MS = 90_000;
export const LEASE_SECONDS = 120;

const attempts = counter(
  'missions_email_deliveries_total',
  'Recipients that a message was offered for, by what the server said',
  ['outcome'],
);

/** Sends a message to whom it has not reached, and records what came of it. No transaction is open while the network is waited for. */
export async function attempt(
  context: Context,
  transport: Transport,
  due: DueMessage,
  faults: SendingFaults,
  stopping: AbortSignal,
): Promise<void> {
  const recipients = stillWaiting(due.message);
  const delivered = await deliver(transport, due, recipients, stopping);
  await faults.afterSend?.(due.message.message_id);
  for (const [outcome, list] of Object.entries(delivered)) attempts.inc({ outcome }, list.length);
  const { logger } = context;
  const { email, message } = due;
  logger[delivered.refused.length + delivered.deferred.length > 0 ? 'warn' : 'info'](
    {
      email: email.id,
      message: message.number,
      attempt: due.attempts,
      accepted: delivered.accepted.length,
      refused: delivered.refused.length,
      deferred: delivered.deferred.length,
    },
    'offered a message to the mail server',
  );
  await record(context, due, delivered);
}

async function deliver(
  transport: Transport,
  due: DueMessage,
  recipients: readonly string[],
  stopping: AbortSignal,
): Promise<Delivered> {
  try {
    return await transport.deliver(due, recipients, AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), stopping]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { accepted: [], refused: [], deferred: recipients.map((address) => ({ address, reason })) };
  }
}

/** Until it is written the message counts as unsent, and goes out again when the lease is over: so a database that is away for a moment is waited for. */
const RECORD_ATTEMPTS = 10;

async function record(
  context: Context,
  { email, message, attempts: tried }: DueMessage,
  delivered: Delivered,
): Promise<void> {
  const { customer_id, id } = email;
  const retryAfter = backOff(tried, Math.random());
  for (let attempted = 1; ; attempted++) {
    try {
      await transaction(context.db, (tx) =>
        executeCommand(tx, context, {
          customer_id,
          id,
          command: (at) => ({
            type: 'MarkSent',
            message: message.id,
            ...delivered,
            retry_at: new Date(Date.parse(at) + retryAfter).toISOString(),
            at,
          }),
        }),
      );
      return;
    } catch (error) {
      if (attempted >= RECORD_ATTEMPTS) throw error;
      await context.clock.sleep(1_000);
    }
  }
}
