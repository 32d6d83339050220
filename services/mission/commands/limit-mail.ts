import { addressKey } from '@missions/contracts/email/address.ts';
import type { NewEmail } from '@missions/contracts/email/email.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { quotaExceeded } from '@missions/contracts/quotas.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { type Clock, dueBy } from '@missions/runtime/clock.ts';
import { countRecipients, type MailScope, noteFollowUp } from '../store/mail-limits.ts';

/** How many recipients may get mail in a day. */
export type MailLimits = Readonly<Record<MailScope, number>>;

interface Limited {
  readonly clock: Clock;
  readonly mailLimits: MailLimits;
}

/** Who sends: the user whose mail it is, and the agent that asks for it, if one is named. */
interface Sender {
  readonly customer_id: string;
  readonly user_id: string;
  readonly agent_id: string | null;
}

const recipientsOf = ({ to, cc = [], bcc = [] }: Pick<NewEmail, 'to' | 'cc' | 'bcc'>): number =>
  new Set([...to, ...cc, ...bcc].map(addressKey)).size;

export const limitMail = (tx: Tx, context: Limited, sender: Sender, mail: NewEmail): Promise<void> =>
  limitRecipients(tx, context, sender, recipientsOf(mail));

/** A follow-up counts its recipients like any mail, and one e-mail is followed up once in four hours. */
export async function limitFollowUp(
  tx: Tx,
  context: Limited,
  sender: Sender,
  { tracking_id, pending_from }: { readonly tracking_id: string; readonly pending_from: readonly string[] },
): Promise<void> {
  const next = await noteFollowUp(tx, sender.customer_id, tracking_id, dueBy(context.clock));
  if (next) {
    const detail =
      `This e-mail was followed up less than 4 hours ago. The next follow-up may be sent from ${next.at} on; ` +
      'until then, check the replies or go on with other work.';
    throw new Problem('RATE_LIMITED', detail, { retry_after: Math.max(next.seconds, 1), resets_at: next.at });
  }
  await limitRecipients(tx, context, sender, pending_from.length);
}

/**
 * @throws {Problem} `RATE_LIMITED`, or `QUOTA_EXCEEDED` for the customer's own number, upon which the caller's transaction
 * rolls the count back.
 */
async function limitRecipients(
  tx: Tx,
  { clock, mailLimits }: Limited,
  { customer_id, user_id, agent_id }: Sender,
  recipients: number,
): Promise<void> {
  const names = { ...(agent_id !== null && { agent: agent_id }), customer: '', user: user_id };
  const counts = await countRecipients(tx, customer_id, names, recipients, dueBy(clock));
  const over = counts.find((one) => one.recipients > (one.quota ?? mailLimits[one.scope]));
  if (!over) return;
  const { scope, resets_at, seconds_left, quota } = over;
  if (quota !== null) {
    const exceeded = { quota: 'mail', limit: quota, used: over.recipients - recipients } as const;
    throw quotaExceeded(exceeded, { recipients, resets_at });
  }
  const limit = mailLimits[scope];
  const left = Math.max(limit - (over.recipients - recipients), 0);
  const detail =
    `Mail of this ${scope} may reach ${limit} recipients a day; ${left} are left today, and this mail has ${recipients}. ` +
    `The count starts anew at ${resets_at}. Send to fewer recipients, wait until then, or ask the operator for a higher limit.`;
  throw new Problem('RATE_LIMITED', detail, { scope, limit, left, resets_at, retry_after: Math.max(seconds_left, 1) });
}
