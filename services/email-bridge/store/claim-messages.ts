import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { emailJson, now } from './columns.ts';
import type { Delivery, Email, Message } from '../domain/state.ts';
import { emailOf, type Row } from './rows.ts';

/** A message whose turn it is, with the e-mail that it is of. */
export interface DueMessage {
  readonly email: Email;
  readonly message: Message;
  readonly body_text: string;
  readonly body_html: string | null;
  /** This one included. */
  readonly attempts: number;
}

/**
 * The queue is the installation's: whoever's mail is due longest. A row that is taken is left alone by the other copies until its lease ends, which
 * is after the attempt has been given up (`sending/attempt.ts`) or its process is dead. A lock on the row that lasts as long as the attempt was not
 * chosen: it would keep a transaction open over the network, one for each message.
 */
const claim = statement(
  'message.claim',
  `with due as (
     select customer_id, id from message
      where status = 'queued' and next_attempt_at <= ${now('$1')} and (locked_until is null or locked_until <= ${now('$1')})
      order by next_attempt_at limit $2 for update skip locked),
   taken as (
     update message m set locked_until = ${now('$1')} + make_interval(secs => $3), attempts = m.attempts + 1
       from due where m.customer_id = due.customer_id and m.id = due.id returning m.*)
   select ${emailJson('e')} as email, t.id, t.body_text, t.body_html, t.attempts
     from taken t join email e on e.customer_id = t.customer_id and e.id = t.email_id
    order by t.created_at, t.id`,
);

interface Claimed {
  readonly email: Row;
  readonly id: string;
  readonly body_text: string;
  readonly body_html: string | null;
  readonly attempts: number;
}

/** `virtualNow`: of a virtual clock, or null for the database's. */
export async function claimMessages(
  tx: Tx,
  virtualNow: Date | null,
  limit: number,
  leaseSeconds: number,
): Promise<DueMessage[]> {
  const rows = await tx.run<Claimed>(claim, [virtualNow, limit, leaseSeconds]);
  return rows.flatMap(({ email: row, id, ...rest }) => {
    const email = emailOf(row);
    const message = email.messages.find((it) => it.id === id);
    return message ? [{ email, message, ...rest }] : [];
  });
}

export const stillWaiting = ({ deliveries }: { readonly deliveries: readonly Delivery[] }): string[] =>
  deliveries.filter((it) => it.outcome === 'waiting').map((it) => it.address);
