import type { Action } from '../approval/action.ts';
import type { FollowUp, NewEmail } from './email.ts';

/**
 * What a question says in its `action` where a mail needs a receipt (specification section 8, "E-mail"): everything that
 * somebody receives, and nothing else. A member without content is left out.
 */
export const mailAction = ({ to, cc, bcc, subject, body, body_html }: MailContent): Action => ({
  type: 'send_email',
  to,
  ...(cc && cc.length > 0 && { cc }),
  ...(bcc && bcc.length > 0 && { bcc }),
  subject,
  body,
  ...(body_html && { body_html }),
});
type MailContent = Pick<NewEmail, 'to' | 'cc' | 'bcc' | 'subject' | 'body' | 'body_html'>;

/** The same for a follow-up. */
export const followUpAction = (tracking_id: string, { body }: Pick<FollowUp, 'body'>): Action => ({
  type: 'send_followup',
  tracking_id,
  ...(body?.trim() && { body }),
});
