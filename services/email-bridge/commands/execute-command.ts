import { randomBytes } from 'node:crypto';
import type { Refused } from '@missions/contracts/decision.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { currentContext } from '@missions/runtime/context.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { ServiceContext } from '@missions/service-kit/service.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Decision, Moved } from '../domain/decision.ts';
import { containsReplies, eventsOf } from '../domain/events.ts';
import type { ReadMessage } from '../domain/incoming-message.ts';
import { repliesOfExpected } from '../domain/recipients.ts';
import type { TrackedReply } from '../domain/representation.ts';
import type { Email, State } from '../domain/state.ts';
import { lockEmail } from '../store/find-emails.ts';
import { repliesById, sendersOfReplies } from '../store/replies.ts';
import { saveEmail, saveEvents } from '../store/save-email.ts';

export interface Context extends Pick<ServiceContext, 'db' | 'clock' | 'newId' | 'logger' | 'admit'> {
  readonly newToken: () => string;
  /** The mailbox that e-mails are sent from; replies go to it with a tag. For example `reply@localhost`. */
  readonly mailAddress: string;
  /** The domain of the Message-IDs. */
  readonly mailDomain: string;
  readonly readMessage: ReadMessage;
  /** To be called after the commit that queued a message. */
  readonly wakeSender: () => void;
}

const TOKEN_LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const TOKEN_LENGTH = 26;

/** 26 letters of 5 bits, thus 130 random bits: only those to whom a reply address was sent know it. */
export const newToken = (): string => [...randomBytes(TOKEN_LENGTH)].map((byte) => TOKEN_LETTERS[byte & 31]).join('');

export interface CommandTarget {
  readonly customer_id: string;
  readonly id: string;
  /** Called under the e-mail's lock, with the time of that moment. */
  readonly command: (at: string, tx: Tx) => Command | Promise<Command>;
  /** Of the event that asks for it. Without one, what becomes of the e-mail belongs to the trace of its request. */
  readonly traceparent?: string | undefined;
}

export interface CommandResult {
  readonly decision: Decision;
  /** The e-mail after the decision. */
  readonly email: State;
}

const decisions = counter('missions_email_decisions_total', 'Commands to e-mails, by decision', ['command', 'outcome']);

/** Only the first two commands for an e-mail can run side by side, because there is no row to lock yet. */
const MAX_ATTEMPTS = 5;

/**
 * Locks the e-mail, decides, and writes the e-mail, its messages, replies and events; all in the caller's transaction.
 */
export async function executeCommand(
  tx: Tx,
  context: Context,
  { customer_id, id, command: commandAt, traceparent }: CommandTarget,
): Promise<CommandResult> {
  const { clock, logger } = context;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { at, email, traceparent: ofRequest } = await lockEmail(tx, customer_id, id, dueBy(clock));
    const command = await commandAt(at, tx);
    const decision = decide(email, command);
    if (decision.kind === 'moved' && !(await save(tx, context, email, decision, at, traceparent ?? ofRequest)))
      continue;
    decisions.inc({ command: command.type, outcome: decision.kind });
    const reason = 'reason' in decision ? decision.reason : undefined;
    logger.debug({ email: id, command: command.type, outcome: decision.kind, reason }, 'decided');
    return { decision, email: decision.kind === 'moved' ? decision.next : email };
  }
  throw new Error(`e-mail ${id} was inserted and erased by others ${MAX_ATTEMPTS} times while a command was executed`);
}

/** False if another transaction has inserted the e-mail meanwhile. */
async function save(
  tx: Tx,
  { newId, wakeSender }: Context,
  before: State,
  decision: Moved,
  at: string,
  traceparent: string | undefined,
): Promise<boolean> {
  if (!(await saveEmail(tx, before, decision, traceparent ?? currentContext()?.traceparent))) return false;
  const { next, effects } = decision;
  const replies = next.status !== 'tombstone' && containsReplies(decision) ? await repliesTo(tx, next) : [];
  await saveEvents(tx, eventsOf(decision, { at, newId, traceparent, replies }));
  if (effects.some(({ kind }) => kind === 'queue')) tx.afterCommit(wakeSender);
  return true;
}

/** Selects by sender first: only the texts that go into the event are read. */
async function repliesTo(tx: Tx, email: Email): Promise<TrackedReply[]> {
  const { customer_id, id } = email;
  const ids = repliesOfExpected(email, await sendersOfReplies(tx, customer_id, id));
  return await repliesById(tx, customer_id, id, ids);
}

export const problemOf = ({ code, detail, members }: Refused): Problem => new Problem(code, detail, members);
