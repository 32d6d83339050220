import { createHash } from 'node:crypto';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { UnreadableMessage } from '../domain/incoming-message.ts';
import { countTry, forgetTries, setAside, uncountTry, type UnreadMail } from '../store/unread-mail.ts';
import type { Context } from './execute-command.ts';

/** A message as it arrived, whichever way it came. */
export interface ArrivedMail extends Omit<UnreadMail, 'key' | 'size'> {
  /** Given away: its bytes may be gone afterwards. */
  readonly raw: Uint8Array;
  /** Identifies the message where its source has a name for it; otherwise its bytes and recipients do. */
  readonly key?: string;
}

/** A message that fails so often is set aside: its sender, or the mailbox, would bring it again and again. */
const MAX_TRIES = 3;
const KEPT_BYTES = 64 * 1024;
/**
 * A message up to this size cannot exhaust the process. So its tries are counted only when they have failed: a process
 * that is killed for another reason, several times in a row, must not have its mail set aside.
 */
const HARMLESS_BYTES = 64 * 1024;
const MAX_ENVELOPE = 1_000;

const setAsides = counter('missions_email_set_aside_total', 'Messages that could not be read and were set aside', [
  'via',
]);

/**
 * Reads a message, and counts the tries in the database; for a large message before it is read, so that a try that ends
 * the process counts too. A message that was tried too often is set aside; operators find it with `missions emails
 * quarantine`.
 *
 * @returns undefined if the message was set aside, now or before: it is to be acknowledged, as if it had been stored.
 * @throws UnreadableMessage if it is to be tried again
 */
export const readMail = (context: Context, mail: ArrivedMail): Promise<IncomingMessage | undefined> => {
  const key = mail.key ?? keyOf(mail);
  return oneAtATime(key, () => read(context, key, mail));
};

async function read(context: Context, key: string, mail: ArrivedMail): Promise<IncomingMessage | undefined> {
  const { db, logger } = context;
  const { raw, via } = mail;
  const counted: UnreadMail = {
    key,
    via,
    reverse_path: storable(mail.reverse_path),
    recipients: mail.recipients.slice(0, 100).map(storable),
    size: raw.length,
  };
  // Copied now: the reader is given the bytes.
  const head = Buffer.from(raw.subarray(0, KEPT_BYTES));
  const isHarmless = raw.length <= HARMLESS_BYTES;
  let tries = 0;
  try {
    const message = await context.readMessage(raw, mail.recipients, async () => {
      if (isHarmless) return;
      tries = await countTry(autocommit(db), counted);
      if (tries > MAX_TRIES) throw new UnreadableMessage('the process ended each time while it was read');
    });
    await forgetTries(autocommit(db), key);
    return message;
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) {
      if (tries > 0) await uncountTry(autocommit(db), key);
      throw error;
    }
    if (isHarmless) tries = await countTry(autocommit(db), counted);
    if (tries < MAX_TRIES) throw error;
    if (await transaction(db, (tx) => setAside(tx, key, storable(error.message), head))) {
      setAsides.inc({ via });
      logger.error({ err: error, ...counted }, 'a message was set aside, because it cannot be read');
    }
    return undefined;
  }
}

/** Enough to tell messages apart; a hash of 20 MB would hold up this thread. */
const HASHED_BYTES = 256 * 1024;

/** The same bytes for the same recipients: what a sender repeats that got no 250. */
function keyOf({ raw, recipients }: ArrivedMail): string {
  const envelope = JSON.stringify([recipients.toSorted(), raw.length]);
  const hash = createHash('sha256').update(envelope).update(raw.subarray(0, HASHED_BYTES));
  return `sha256:${hash.digest('hex')}`;
}

const storable = (text: string): string => text.slice(0, MAX_ENVELOPE).replaceAll('\u0000', '').toWellFormed();

const inProgress = new Map<string, Promise<unknown>>();

/** A message that arrives in several ways at once is tried once at a time, so that no try counts as one that ended. */
async function oneAtATime<T>(key: string, act: () => Promise<T>): Promise<T> {
  const before = inProgress.get(key);
  const acting = (before ?? Promise.resolve()).then(act, act);
  inProgress.set(key, acting);
  try {
    return await acting;
  } finally {
    if (inProgress.get(key) === acting) inProgress.delete(key);
  }
}

/**
 * The header in which a delivering server records the envelope's sender (RFC 5321 section 4.4), to be put on top of the
 * message. The topmost one counts, so a forged one below it does no harm.
 */
export const returnPath = (reversePath: string): Uint8Array =>
  Buffer.from(`Return-Path: <${reversePath.replace(/[^\x21-\x7e]|[<>]/g, '')}>\r\n`);
