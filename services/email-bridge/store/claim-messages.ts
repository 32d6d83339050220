import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { OfferedCopy } from '../domain/outcomes.ts';
import type { Email, Message } from '../domain/state.ts';
import { emailJson, emailOf, now, type Row } from './columns.ts';

/** A queued message that this process has leased, with its e-mail. */
export interface ClaimedMessage {
  readonly email: Email;
  readonly message: Message;
  readonly body_text: string;
  readonly body_html: string | null;
  /** The tokens of the recipients' own addresses, by `addressKey`; none for an e-mail of the first version. */
  readonly tokens: Readonly<Record<string, string>>;
  /** The copies that an attempt which did not end has offered already. */
  readonly offered: readonly OfferedCopy[];
  /** The number of attempts, including the one that this claim is for. */
  readonly attempts: number;
}

/**
 * One queue for all customers: the message that has been due longest comes first. A claimed row is skipped by the other
 * copies of the service until its lease ends; by then the attempt was given up (`smtp/queue.ts`), or its process is
 * dead. A row lock for as long as the attempt was rejected: it would keep one transaction open over the network for
 * each message.
 */
const claim = statement(
  'message.claim',
  `with due as (
     select customer_id, id from message
      where status = 'queued' and next_attempt_at <= ${now('$1')}
        and (locked_until is null or locked_until <= ${now('$1')})
      order by next_attempt_at limit $2 for update skip locked),
   taken as (
     update message m set locked_until = ${now('$1')} + make_interval(secs => $3), attempts = m.attempts + 1
       from due where m.customer_id = due.customer_id and m.id = due.id returning m.*)
   select ${emailJson('e')} as email, t.id, t.body_text, t.body_html, t.attempts, t.offered,
      (select coalesce(json_object_agg(a.recipient, a.token), '{}') from reply_address a
        where a.customer_id = e.customer_id and a.email_id = e.id) as tokens
     from taken t join email e on e.customer_id = t.customer_id and e.id = t.email_id
    order by t.created_at, t.id`,
);

const hold = statement(
  'message.hold',
  `update message set locked_until = null, attempts = attempts - case when $5 then 0 else 1 end,
     next_attempt_at = ${now('$4')} + make_interval(secs => $3)
    where customer_id = $1 and id = $2 and status = 'queued'`,
);

/** Gives a claimed message back, which is due again later. Unless a copy was sent, it counts as not attempted. */
export async function holdMessage(
  tx: Tx,
  { customer_id }: Pick<Email, 'customer_id'>,
  { id }: Pick<Message, 'id'>,
  { wasAttempted, seconds }: { readonly wasAttempted: boolean; readonly seconds: number },
  virtualNow: Date | null,
): Promise<void> {
  await tx.run(hold, [customer_id, id, seconds, virtualNow, wasAttempted]);
}

const expedite = statement(
  'message.expedite',
  `update message m set next_attempt_at = ${now('$3')} from email e
    where e.customer_id = $1 and e.mission_id = $2 and m.customer_id = $1 and m.email_id = e.id
      and m.status = 'queued' and m.next_attempt_at > ${now('$3')}`,
);

/**
 * Makes the queued messages of a mission due. The mission has ended, so the next attempt is told so and withdraws them,
 * before it connects. To withdraw them here was rejected: a message that is leaving would be reported as not sent.
 */
export async function expediteMailOf(
  tx: Tx,
  customerId: string,
  missionId: string,
  virtualNow: Date | null,
): Promise<void> {
  await tx.run(expedite, [customerId, missionId, virtualNow]);
}

interface ClaimedRow extends Omit<ClaimedMessage, 'email' | 'message'> {
  readonly email: Row;
  readonly id: string;
}

/** @param virtualNow the time of a virtual clock, or null for the database's clock */
export async function claimMessages(
  tx: Tx,
  virtualNow: Date | null,
  limit: number,
  leaseSeconds: number,
): Promise<ClaimedMessage[]> {
  const rows = await tx.run<ClaimedRow>(claim, [virtualNow, limit, leaseSeconds]);
  return rows.flatMap(({ email: row, id, ...rest }) => {
    const email = emailOf(row);
    const message = email.messages.find((one) => one.id === id);
    return message ? [{ email, message, ...rest }] : [];
  });
}

/** Prolongs the lease too. */
const note = statement(
  'message.note_copy',
  `update message set offered = offered || $3::jsonb, locked_until = ${now('$4')} + make_interval(secs => $5)
    where customer_id = $1 and id = $2 returning status`,
);

/**
 * Records a copy that was offered to the server, at once: what follows may fail.
 * @returns false if the message is not to be sent any more
 */
export async function noteOfferedCopy(
  tx: Tx,
  { email, message }: ClaimedMessage,
  copy: OfferedCopy,
  virtualNow: Date | null,
  leaseSeconds: number,
): Promise<boolean> {
  const values = [email.customer_id, message.id, JSON.stringify([copy]), virtualNow, leaseSeconds];
  const [row] = await tx.run<{ status: Message['status'] }>(note, values);
  return row?.status === 'queued';
}
