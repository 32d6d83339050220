import type { IncomingMessage } from './incoming-message.ts';
import { type Decision, type Effect, ignored, moved } from './decision.ts';
import { bounce, concluded } from './outcome.ts';
import { changed, recipientBehind } from './recipients.ts';
import { type Email, isOpen, type Recipient, type State, type StoredReply } from './state.ts';

export interface Receive {
  readonly type: 'Receive';
  /** Of the reply that is kept of it. */
  readonly id: string;
  readonly message: IncomingMessage;
  /** How it was matched: addressed to the token, or by naming a message of ours, which everybody who got that can do. */
  readonly by: 'token' | 'reference';
  /** It has been stored for this e-mail before. */
  readonly seen: boolean;
  /** How many are stored. */
  readonly stored: number;
  readonly at: string;
}

/** Whoever knows the address can write to it: what counts is always kept, of the rest only so much. */
const MAX_UNCOUNTED = 1_000;

/** A message from outside that belongs to this e-mail. Nothing is taken on its word but who it says it is from, or whom it did not reach. */
export function receive(email: State, command: Receive): Decision {
  if (email === null || email.status === 'withdrawn') return ignored('there is no such e-mail');
  const { message, by, seen, stored, at } = command;
  if (seen) return ignored('it is stored already');
  if (email.messages.some((it) => it.message_id === message.message_id)) return ignored('it is our own message');
  const sender = recipientBehind(email.recipients, message.from.address);
  const known = sender !== undefined && (sender.expected || !email.expect_reply);
  if (by === 'reference' && message.kind !== 'bounce' && !known)
    return ignored('it names our message, but is from nobody who is waited for');

  const reply = kept(email, sender, command);
  const keep: Effect = { kind: 'keep', reply };
  const { recipients, effects } =
    reply.kind === 'bounce'
      ? bounce(email.recipients, unreached(email, message))
      : { recipients: email.recipients, effects: [] };
  // Who has answered may think again: each reply is told, and its person counted once.
  const answers = reply.kind === 'reply' && sender?.expected === true;
  const counts = answers && sender.outcome !== 'answered';
  if (!counts && effects.length === 0 && stored >= MAX_UNCOUNTED)
    return ignored(`${MAX_UNCOUNTED} are stored already, and this one counts for nothing`);
  const change: Partial<Email> = counts
    ? {
        recipients: changed(recipients, sender, { outcome: 'answered', reply_id: reply.id }),
        ...(isOpen(email) && { status: 'some_replied' as const }),
      }
    : { recipients };
  const { next, effects: all } = concluded(
    email,
    change,
    [keep, ...(answers ? [{ kind: 'announce' as const, event: 'replied' as const, reply }] : []), ...effects],
    at,
  );
  return moved(next, all);
}

const unreached = ({ recipients }: Email, { failures }: IncomingMessage) =>
  failures
    .filter((it) => it.permanent)
    .map(({ recipient, status, reason }) => ({
      of: recipientBehind(recipients, recipient),
      reason: [status, reason].filter(Boolean).join(' '),
    }));

const MAX_TEXT = 100_000;
const MAX_SNIPPET = 500;
const MAX_NAME = 500;
const MAX_ADDRESS = 320;

function kept(email: Email, sender: Recipient | undefined, { id, message, at }: Receive): StoredReply {
  return {
    id,
    message_id: messageKey(message),
    kind: kindOf(email, sender, message),
    from_address: storable(message.from.address, MAX_ADDRESS),
    from_name: storable(message.from.name, MAX_NAME),
    received_at: at,
    snippet: storable(message.snippet, MAX_SNIPPET),
    body_text: storable(message.text, MAX_TEXT),
  };
}

/**
 * What a list distributes is a person's answer only if that person is waited for and it names our message; the rest is the list's own. Whoever got
 * the mail is known; from anybody else the token alone is a reason to keep it, and none to count it.
 */
function kindOf(
  { messages }: Email,
  sender: Recipient | undefined,
  { kind, references }: IncomingMessage,
): StoredReply['kind'] {
  if (kind === 'bounce' || kind === 'auto_reply') return kind;
  if (kind === 'list')
    return sender?.expected && messages.some((it) => references.includes(it.message_id)) ? 'reply' : 'auto_reply';
  return sender ? 'reply' : 'unattributed';
}

/** By what a message that comes again is known. */
export const messageKey = ({ message_id }: IncomingMessage): string => storable(message_id, MAX_MESSAGE_ID);
const MAX_MESSAGE_ID = 998;

/** PostgreSQL refuses U+0000, and the cut may go through a pair of surrogates. */
const storable = (text: string, length: number): string =>
  text.slice(0, length).replaceAll('\u0000', '').toWellFormed();
