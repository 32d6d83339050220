import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { messageKey } from '../domain/receive.ts';
import { tokenOf } from '../domain/reply-address.ts';
import { findTargets } from '../store/find-targets.ts';
import { seenReply } from '../store/replies.ts';
import { executeCommand } from './execute-command.ts';
import type { Context } from './context.ts';

export interface MatchedMessage {
  readonly customer_id: string;
  readonly tracking_id: string;
  /** false: it had been stored before, or is nothing to be stored. */
  readonly stored: boolean;
}

const received = counter('missions_email_received_total', 'Messages from outside, by kind and what became of them', [
  'kind',
  'outcome',
]);
/** Headers are a stranger's, and as long as he likes: a thread's newest messages name us, or none does. */
const MAX_REFERENCES = 100;
const MAX_TOKENS = 100;

/**
 * Takes a message in: what it belongs to is changed, and told, in ONE transaction, and what is committed when this resolves may be acknowledged.
 * `alongside` runs in that transaction, also when the message belongs to nothing. A message that comes again is answered like the first time, and
 * changes nothing.
 */
export async function receiveMessage(
  context: Context,
  message: IncomingMessage,
  alongside?: (tx: Tx) => Promise<void>,
): Promise<MatchedMessage[]> {
  const tokens = tokensIn(context, message.addressed_to);
  const references = message.references.slice(0, MAX_REFERENCES);
  const matched = await transaction(context.db, async (tx) => {
    const all: MatchedMessage[] = [];
    for (const { customer_id, id, by } of await findTargets(tx, tokens, references)) {
      const { decision } = await executeCommand(tx, context, {
        customer_id,
        id,
        command: async (at) => ({
          type: 'Receive',
          id: context.newId(),
          message,
          by,
          ...(await seenReply(tx, customer_id, id, messageKey(message))),
          at,
        }),
      });
      all.push({ customer_id, tracking_id: id, stored: decision.kind === 'moved' });
    }
    await alongside?.(tx);
    return all;
  });
  const outcome = matched.length === 0 ? 'unmatched' : matched.some((it) => it.stored) ? 'stored' : 'ignored';
  received.inc({ kind: message.kind, outcome });
  context.logger.debug({ kind: message.kind, outcome, emails: matched.map((it) => it.tracking_id) }, 'received');
  return matched;
}

/** Whether the address is a reply address whose token is known: for RCPT. */
export async function acceptsRecipient(context: Context, address: string): Promise<boolean> {
  const tokens = tokensIn(context, [address]);
  return tokens.length > 0 && (await findTargets(autocommit(context.db), tokens, [])).length > 0;
}

const tokensIn = ({ mailAddress }: Context, addresses: readonly string[]): string[] =>
  [...new Set(addresses.flatMap((address) => tokenOf(mailAddress, address) ?? []))].slice(0, MAX_TOKENS);
