import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * The position up to which a mailbox has been read (RFC 3501 section 2.3.1.1). It belongs to the installation, not to a
 * customer.
 */
export interface MailboxCursor {
  /** 32 bits, unsigned; as text, because imapflow returns a bigint. */
  readonly uidvalidity: string;
  /** 0 if no message has been read. */
  readonly last_uid: number;
  /** While the mailbox is read for the first time: from when on. Older messages were there before this installation. */
  readonly first_read_since: Date | null;
}

const read = statement(
  'mailbox.read',
  'select uidvalidity::text, last_uid::float8 as last_uid, first_read_since from mailbox_cursor where mailbox = $1',
);

/** @param mailbox a key that identifies the mailbox and contains no secret, e.g. `user@host/INBOX` */
export async function readCursor(tx: Tx, mailbox: string): Promise<MailboxCursor | undefined> {
  const [row] = await tx.run<MailboxCursor>(read, [mailbox]);
  return row;
}

/**
 * Within one UIDVALIDITY the cursor only moves forward, so that two copies that read the same mailbox do not set each
 * other back.
 */
const save = statement(
  'mailbox.save',
  `insert into mailbox_cursor as c (mailbox, uidvalidity, last_uid, first_read_since) values ($1, $2, $3, $4)
   on conflict (mailbox) do update set uidvalidity = excluded.uidvalidity, first_read_since = excluded.first_read_since,
     last_uid = case when c.uidvalidity = excluded.uidvalidity
       then greatest(c.last_uid, excluded.last_uid) else excluded.last_uid end`,
);

/** To be called in the transaction of the message up to which the mailbox is read (`alongside` of `receiveMessage`). */
export async function saveCursor(
  tx: Tx,
  mailbox: string,
  { uidvalidity, last_uid, first_read_since }: MailboxCursor,
): Promise<void> {
  await tx.run(save, [mailbox, uidvalidity, last_uid, first_read_since]);
}
