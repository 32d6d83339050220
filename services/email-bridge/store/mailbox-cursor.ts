import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** Up to where a mailbox has been read (RFC 3501 section 2.3.1.1). It is the installation's, not a customer's. */
export interface MailboxCursor {
  /** 32 bits, unsigned; as text, for imapflow gives a bigint. */
  readonly uidvalidity: string;
  /** 0: nothing yet. */
  readonly last_uid: number;
}

const read = statement(
  'mailbox.read',
  'select uidvalidity::text, last_uid::float8 as last_uid from mailbox_cursor where mailbox = $1',
);

/** `mailbox`: a key that tells mailboxes apart and holds no secret, e.g. `user@host/INBOX`. */
export async function readCursor(tx: Tx, mailbox: string): Promise<MailboxCursor | undefined> {
  const [row] = await tx.run<MailboxCursor>(read, [mailbox]);
  return row;
}

/** Within one UIDVALIDITY it only goes forward, so that two copies that read the same mailbox do not put each other back. */
const save = statement(
  'mailbox.save',
  `insert into mailbox_cursor as c (mailbox, uidvalidity, last_uid) values ($1, $2, $3)
   on conflict (mailbox) do update set uidvalidity = excluded.uidvalidity,
     last_uid = case when c.uidvalidity = excluded.uidvalidity then greatest(c.last_uid, excluded.last_uid) else excluded.last_uid end`,
);

/** In the transaction of what was read up to there (`alongside` of `receive`). */
export async function saveCursor(tx: Tx, mailbox: string, { uidvalidity, last_uid }: MailboxCursor): Promise<void> {
  await tx.run(save, [mailbox, uidvalidity, last_uid]);
}
