import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { type IncomingMessage, messageKey } from '../domain/incoming-message.ts';
import { tokenOf } from '../domain/reply-address.ts';
import { findTargets } from '../store/find-emails.ts';
import { isNoticeToken } from '../store/notices.ts';
import { countReplies } from '../store/replies.ts';
import { type Context, executeCommand } from './execute-command.ts';
import { tellReplier } from './tell-replier.ts';

export interface MatchedMessage {
  readonly customer_id: string;
  readonly tracking_id: string;
  /** False if the message was stored before, or is not stored by rule. */
  readonly stored: boolean;
}

const received = counter('missions_email_received_total', 'Messages from outside, by kind and outcome', [
  'kind',
  'outcome',
]);

/**
 * A stranger chooses the headers and their length. If none of a thread's newest 100 messages is ours, the message is
 * not matched by it.
 */
const MAX_REFERENCES = 100;
const MAX_TOKENS = 100;

/**
 * Receives a message, whichever way it came: finds the e-mails that it belongs to, stores it, changes the e-mails and
 * announces the changes, in one transaction. When this function has returned, the message is committed and may be
 * acknowledged. A message that arrives again is matched as the first time, and changes nothing.
 * @param alongside runs in the same transaction, also if the message matches no e-mail
 */
export async function receiveMessage(
  context: Context,
  message: IncomingMessage,
  alongside?: (tx: Tx) => Promise<void>,
): Promise<MatchedMessage[]> {
  const tokens = tokensIn(context, message.addressed_to);
  const references = message.references.slice(0, MAX_REFERENCES);
  const matched = await transaction(context.db, async (tx) => {
    const results: MatchedMessage[] = [];
    for (const { customer_id, id, by, sent_to } of await findTargets(tx, tokens, references)) {
      const { decision } = await executeCommand(tx, context, {
        customer_id,
        id,
        command: async (at) => {
          const counted = await countReplies(tx, customer_id, id, messageKey(message));
          return { type: 'Receive', id: context.newId(), message, by, sent_to, ...counted, at };
        },
      });
      results.push({ customer_id, tracking_id: id, stored: decision.kind === 'moved' });
    }
    await tellReplier(tx, context, message, tokens);
    await alongside?.(tx);
    return results;
  });
  const outcome = matched.length === 0 ? 'unmatched' : matched.some(({ stored }) => stored) ? 'stored' : 'ignored';
  received.inc({ kind: message.kind, outcome });
  const emails = matched.map(({ tracking_id }) => tracking_id);
  context.logger.debug({ kind: message.kind, outcome, emails }, 'received a message');
  return matched;
}

/** Whether the address is a reply address whose token is known; for the RCPT command. */
export async function acceptsRecipient(context: Context, address: string): Promise<boolean> {
  const tokens = tokensIn(context, [address]);
  if (tokens.length === 0) return false;
  return (await findTargets(autocommit(context.db), tokens, [])).length > 0 || (await isForNotice(context, [address]));
}

/** Whether one of the addresses is that of a notice, to which a reply is taken and told that it answers nothing. */
export async function isForNotice(context: Context, addresses: readonly string[]): Promise<boolean> {
  const tokens = tokensIn(context, addresses);
  return tokens.length > 0 && (await isNoticeToken(autocommit(context.db), tokens));
}

const tokensIn = ({ mailAddress }: Context, addresses: readonly string[]): string[] =>
  [...new Set(addresses.flatMap((address) => tokenOf(mailAddress, address) ?? []))].slice(0, MAX_TOKENS);
