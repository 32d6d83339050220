import { object, optionalText, text } from '../fields.ts';
import { emailLine } from '../rendering/emails.ts';
import { tool } from '../tool.ts';

export const followUp = tool({
  name: 'email_send_followup',
  title: 'Send a follow-up',
  description: 'Remind those who have not answered a tracked e-mail, in its thread. Who is awaited stays as it was.',
  parameters: object({
    tracking_id: text('of the e-mail'),
    body: optionalText('plain text; default: a short reminder'),
  }),
  effects: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
  async run({ client, write }, { tracking_id, body }) {
    const sent = await client.sendFollowUp(tracking_id, body === undefined ? {} : { body }, write);
    return { text: `Reminded. ${emailLine(sent)}\nNext: go on, or end your turn. Do not send it again.`, data: sent };
  },
});
