import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { ImapFlow } from 'imapflow';
import type { Context } from '../commands/execute-command.ts';
import { readMail } from '../commands/read-mail.ts';
import { receiveMessage } from '../commands/receive-message.ts';
import { UnreadableMessage } from '../domain/incoming-message.ts';
import { type MailboxCursor, readCursor, saveCursor } from '../store/mailbox-cursor.ts';

export interface ReaderOptions {
  readonly context: Context;
  /** The key of the mailbox's cursor. */
  readonly mailbox: string;
  /** Bytes that are fetched of one message; the rest of a longer one is left out. */
  readonly maxBytes: number;
  /** Attempts to store a message before it is skipped. */
  readonly maxAttempts: number;
  /** How far back a mailbox is read that has no cursor, or another UIDVALIDITY than its cursor. */
  readonly lookBackDays: number;
}

const DAY_MS = 24 * 3_600_000;
/**
 * UIDs below the cursor that each read looks at again. UIDs should only grow (RFC 3501 section 2.3.1.1), but servers
 * that assign them in several processes have shown a higher one before a lower one.
 */
const LATE_UIDS = 100;

const messages = counter('missions_email_mailbox_messages_total', 'Messages found in the mailbox, by outcome', [
  'outcome',
]);

/**
 * Reads the new messages of a mailbox in the order of their UIDs. The cursor, UIDVALIDITY and last UID, is saved in the
 * transaction that stores the message, so a crash neither loses a message nor stores one twice.
 *
 * A message that cannot be read or stored is tried again, and delays those behind it. One that cannot be read is set
 * aside (`commands/read-mail.ts`); one that cannot be stored is skipped after `maxAttempts` with an error in the log. A
 * fault of the database is no fault of the message, so it never counts as an attempt.
 */
export class MailboxReader {
  readonly #options: ReaderOptions;
  /** Failed attempts, by UID. */
  readonly #attempts = new Map<number, number>();
  #uidValidity = '';
  /** UIDs near the cursor that need not be read again. */
  readonly #readUids = new Set<number>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * @param shouldContinue asked before each message; false ends the read.
   * @throws the fault of a message or of the connection; the next call starts at the same message.
   */
  async readNew(client: ImapFlow, shouldContinue: () => boolean): Promise<void> {
    const opened = client.mailbox;
    if (opened === false) throw new Error(`the mailbox ${this.#options.mailbox} is not open`);
    const uidValidity = String(opened.uidValidity);
    if (uidValidity !== this.#uidValidity) {
      this.#uidValidity = uidValidity;
      this.#readUids.clear();
      this.#attempts.clear();
    }
    const cursor = await this.#cursorAtStart();
    const uids = await this.#unreadUids(client, cursor);
    for (const uid of uids) {
      if (!shouldContinue()) return;
      await this.#readOne(client, uid, cursor.first_read_since);
      this.#readUids.add(uid);
    }
    if (cursor.first_read_since) await this.#endFirstRead(Math.max(opened.uidNext - 1, uids.at(-1) ?? 0));
  }

  /**
   * A mailbox without a cursor, or whose UIDs were assigned anew (e.g. after a restored backup), is read from
   * `lookBackDays` ago on. A message that is stored already is known by its Message-ID.
   */
  async #cursorAtStart(): Promise<MailboxCursor> {
    const { context, mailbox, lookBackDays } = this.#options;
    const cursor = await readCursor(autocommit(context.db), mailbox);
    if (cursor?.uidvalidity === this.#uidValidity) return cursor;
    const before = cursor?.uidvalidity;
    context.logger.info(
      { mailbox, uidvalidity: this.#uidValidity, before },
      before === undefined
        ? 'the mailbox is read for the first time'
        : 'the UIDVALIDITY of the mailbox has changed: its recent messages are read again',
    );
    const since = new Date(context.clock.now().getTime() - lookBackDays * DAY_MS);
    await this.#saveCursor(0, since);
    return { uidvalidity: this.#uidValidity, last_uid: 0, first_read_since: since };
  }

  /** The UIDs that are to be read, in ascending order. */
  async #unreadUids(
    client: ImapFlow,
    { last_uid: last, first_read_since: since }: MailboxCursor,
  ): Promise<readonly number[]> {
    // In a new process: the messages below the cursor have been read.
    if (this.#readUids.size === 0)
      for (let uid = Math.max(1, last - LATE_UIDS); uid <= last; uid++) this.#readUids.add(uid);
    for (const uid of this.#readUids) if (uid < last - 2 * LATE_UIDS) this.#readUids.delete(uid);
    const from = Math.max(1, last - LATE_UIDS);
    const uids = await client.search({ uid: `${from}:*`, ...(since && { since }) }, { uid: true });
    if (!Array.isArray(uids))
      throw new Error(`the mail server refused to search ${from}:* of ${this.#options.mailbox}`);
    // `n:*` includes the last message even if its UID is below n (RFC 3501 section 6.4.8).
    return uids.toSorted((a, b) => a - b).filter((uid) => uid >= from && !this.#readUids.has(uid));
  }

  /** From here on every message above the cursor is new. Old ones just below it need not be read. */
  async #endFirstRead(last: number): Promise<void> {
    for (let uid = Math.max(1, last - 2 * LATE_UIDS); uid <= last; uid++) this.#readUids.add(uid);
    await this.#saveCursor(last, null);
  }

  async #readOne(client: ImapFlow, uid: number, first_read_since: Date | null): Promise<void> {
    const { context, mailbox, maxBytes, maxAttempts } = this.#options;
    const found = await client.fetchOne(
      String(uid),
      { uid: true, source: { start: 0, maxLength: maxBytes } },
      { uid: true },
    );
    // The mailbox's owner has deleted the message since the search.
    if (found === false || !found.source) return;
    try {
      const message = await readMail(context, {
        via: 'imap',
        key: `imap:${mailbox}:${this.#uidValidity}:${uid}`,
        raw: found.source,
        reverse_path: '',
        recipients: [],
      });
      if (!message) {
        await this.#saveCursor(uid, first_read_since);
        messages.inc({ outcome: 'set_aside' });
        return;
      }
      const matched = await receiveMessage(context, message, (tx) =>
        saveCursor(tx, mailbox, { uidvalidity: this.#uidValidity, last_uid: uid, first_read_since }),
      );
      messages.inc({ outcome: matched.length > 0 ? 'matched' : 'unmatched' });
      this.#attempts.delete(uid);
    } catch (error) {
      // Tries to read it are counted in the database.
      if (databaseProblem(error) || error instanceof UnreadableMessage) throw error;
      const attempts = (this.#attempts.get(uid) ?? 0) + 1;
      this.#attempts.set(uid, attempts);
      if (attempts < maxAttempts) throw error;
      context.logger.error(
        { err: error, mailbox, uid, attempts },
        'a message of the mailbox could not be stored and is skipped',
      );
      await this.#saveCursor(uid, first_read_since);
      messages.inc({ outcome: 'passed_over' });
      this.#attempts.delete(uid);
    }
  }

  async #saveCursor(last_uid: number, first_read_since: Date | null): Promise<void> {
    const { context, mailbox } = this.#options;
    const cursor = { uidvalidity: this.#uidValidity, last_uid, first_read_since };
    await transaction(context.db, (tx) => saveCursor(tx, mailbox, cursor));
  }
}
