import type { RequestedMail } from '@missions/contracts/email/email.ts';
import { findThread } from '../store/find-thread.ts';
import type { CommandTarget } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';

/** The mail as a task: a new e-mail, or a further message of one. */
export function requestOf({ newToken, mailAddress, mailDomain }: Context, mail: RequestedMail): CommandTarget {
  const { customer_id, follow_up_of, reply_to_message_id } = mail;
  if (follow_up_of !== null) {
    // A blank text is none: nobody wants to be sent one.
    const body = mail.body.trim() === '' ? null : mail.body;
    return {
      customer_id,
      id: follow_up_of.toLowerCase(),
      command: (at) => ({ type: 'FollowUp', id: mail.id.toLowerCase(), body, mail_domain: mailDomain, at }),
    };
  }
  return {
    customer_id,
    id: mail.id.toLowerCase(),
    command: async (at, tx) => ({
      type: 'Request',
      mail,
      token: newToken(),
      mail_address: mailAddress,
      mail_domain: mailDomain,
      thread_id: reply_to_message_id === null ? null : await findThread(tx, customer_id, reply_to_message_id),
      at,
    }),
  };
}
