import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { ImapFlow } from 'imapflow';
import type { Context } from '../commands/context.ts';
import { receiveMessage } from '../commands/receive-message.ts';
import { readCursor, saveCursor } from '../store/mailbox-cursor.ts';
import { readMessage } from '../mail-parsing/message.ts';

export interface PassOptions {
  readonly context: Context;
  /** Of the mailbox's cursor. */
  readonly mailbox: string;
  /** Read of one message; the rest of a longer one is left out. */
  readonly maxBytes: number;
  /** After which a message that cannot be taken in is passed over. */
  readonly tries: number;
  /** How far back a mailbox is read that was never read, or whose messages have new numbers. */
  readonly lookBackDays: number;
}

const DAY = 24 * 3_600_000;
/** Servers that give numbers out in several processes have shown a higher one before a lower one. */
const LATE_NUMBERS = 100;

const read = counter('missions_email_mailbox_messages_total', 'Messages found in the mailbox, by what became of them', [
  'outcome',
]);

/**
 * Reads what is new in a mailbox, message by message in the order of their UIDs. Up to where it is read is saved in the transaction of what was
 * read (RFC 3501 section 2.3.1.1), so that a crash neither loses a message nor counts one twice.
 *
 * A message that cannot be taken in is tried again, and holds up those behind it for as long; then it is passed over, loudly. When it is the
 * database that fails, no message is at fault, and none is passed over.
 */
export class MailboxPass {
  readonly #options: PassOptions;
  readonly #failures = new Map<number, number>();
  #validity = '';
  readonly #seen = new Set<number>();

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** @throws whatever a message or the connection failed with; the next pass goes on there. */
  async run(client: ImapFlow, goOn: () => boolean): Promise<void> {
    const opened = client.mailbox;
    if (opened === false) throw new Error('no folder is open');
    const validity = String(opened.uidValidity);
    if (validity !== this.#validity) {
      this.#validity = validity;
      this.#seen.clear();
      this.#failures.clear();
    }
    for (const uid of await this.#due(client, opened.uidNext)) {
      if (!goOn()) return;
      await this.#read(client, uid);
      this.#seen.add(uid);
    }
  }

  /** UIDs to be read, in order. */
  async #due(client: ImapFlow, uidNext: number): Promise<number[]> {
    const { context, mailbox, lookBackDays } = this.#options;
    const cursor = await readCursor(autocommit(context.db), mailbox);
    if (cursor?.uidvalidity !== this.#validity) {
      // New to us, or numbered anew (restored, moved): what is read a second time is known by its Message-ID.
      const since = new Date(context.clock.now().getTime() - lookBackDays * DAY);
      const uids = await search(client, { since });
      context.logger.info(
        { mailbox, uidvalidity: this.#validity, before: cursor?.uidvalidity, messages: uids.length },
        cursor
          ? 'the mailbox has new numbers: its recent messages are read again'
          : 'the mailbox is read for the first time',
      );
      // The others are older than what is looked for.
      const due = new Set(uids);
      for (let uid = Math.max(1, uidNext - 2 * LATE_NUMBERS); uid < uidNext; uid++)
        if (!due.has(uid)) this.#seen.add(uid);
      await this.#save((uids[0] ?? uidNext) - 1);
      return uids;
    }
    const last = cursor.last_uid;
    // What was there before this process began has been read.
    if (this.#seen.size === 0) for (let uid = Math.max(1, last - LATE_NUMBERS); uid <= last; uid++) this.#seen.add(uid);
    for (const uid of this.#seen) if (uid < last - 2 * LATE_NUMBERS) this.#seen.delete(uid);
    // `n:*` names the last message also when its number is below n (RFC 3501 section 6.4.8).
    const from = Math.max(1, last - LATE_NUMBERS);
    return (await search(client, { uid: `${from}:*` })).filter((uid) => uid >= from && !this.#seen.has(uid));
  }

  async #read(client: ImapFlow, uid: number): Promise<void> {
    const { context, mailbox, maxBytes, tries } = this.#options;
    const found = await client.fetchOne(
      String(uid),
      { uid: true, source: { start: 0, maxLength: maxBytes } },
      { uid: true },
    );
    // Taken away by its owner meanwhile.
    if (found === false || !found.source) return;
    try {
      const message = await readMessage(found.source, []);
      const matched = await receiveMessage(context, message, (tx) =>
        saveCursor(tx, mailbox, { uidvalidity: this.#validity, last_uid: uid }),
      );
      read.inc({ outcome: matched.length > 0 ? 'matched' : 'unmatched' });
      this.#failures.delete(uid);
    } catch (error) {
      if (databaseProblem(error)) throw error;
      const failures = (this.#failures.get(uid) ?? 0) + 1;
      this.#failures.set(uid, failures);
      if (failures < tries) throw error;
      context.logger.error(
        { err: error, mailbox, uid, tries },
        'a message of the mailbox cannot be taken in, and is passed over',
      );
      await this.#save(uid);
      read.inc({ outcome: 'passed_over' });
      this.#failures.delete(uid);
    }
  }

  async #save(last_uid: number): Promise<void> {
    const { context, mailbox } = this.#options;
    await transaction(context.db, (tx) => saveCursor(tx, mailbox, { uidvalidity: this.#validity, last_uid }));
  }
}

async function search(client: ImapFlow, query: { since: Date } | { uid: string }): Promise<number[]> {
  const uids = await client.search(query, { uid: true });
  if (!Array.isArray(uids)) throw new Error('the mail server did not carry out the search');
  return uids.toSorted((a, b) => a - b);
}
