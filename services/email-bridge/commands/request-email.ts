import type { RequestedMail } from '@missions/contracts/email/email.ts';
import { envelopeOf } from '../domain/recipients.ts';
import { findThread } from '../store/find-emails.ts';
import type { CommandTarget, Context } from './execute-command.ts';

/** The command for a requested e-mail: a new e-mail, or, with `follow_up_of`, a further message of an existing one. */
export function requestEmail(context: Context, email: RequestedMail): CommandTarget {
  const { newToken, mailAddress, mailDomain } = context;
  const { customer_id, follow_up_of, reply_to_message_id } = email;
  if (follow_up_of !== null) return followUpEmail(context, customer_id, follow_up_of, email);
  return {
    customer_id,
    id: email.id.toLowerCase(),
    command: async (at, tx) => ({
      type: 'Request',
      email,
      token: newToken(),
      recipient_tokens: envelopeOf(email).map(newToken),
      nonce: newToken(),
      mail_address: mailAddress,
      mail_domain: mailDomain,
      thread_id: reply_to_message_id === null ? null : await findThread(tx, email, reply_to_message_id),
      at,
    }),
  };
}

/** A blank text counts as none, so that the standard reminder is sent. */
export const followUpEmail = (
  { newToken, mailDomain }: Pick<Context, 'newToken' | 'mailDomain'>,
  customer_id: string,
  emailId: string,
  { id, body }: { readonly id: string; readonly body?: string | undefined },
): CommandTarget => ({
  customer_id,
  id: emailId.toLowerCase(),
  command: (at) => ({
    type: 'FollowUp',
    id: id.toLowerCase(),
    body: body?.trim() ? body : null,
    nonce: newToken(),
    mail_domain: mailDomain,
    at,
  }),
});
