import { requestEmail } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeCommand, type Executed, type Context } from '../commands/execute-command.ts';

/** Answers the mail as the email-bridge will get it, from here and from the event alike. */
export const requestEmailEndpoint = (context: Context) =>
  endpoint(requestEmail, (message) => {
    const { mission_id, email } = message.input;
    const command = { type: 'RequestEmail', tracking_id: context.newId(), email } as const;
    return executeCommand(
      context,
      message,
      { mission_id, conversation_id: email.conversation_id, command },
      async (_tx, changed) => mailOf(changed),
    );
  });

export function mailOf({ changes }: Executed): string {
  const mail = changes.find((it) => it.kind === 'email_awaited' || it.kind === 'email_requested')?.event?.['mail'];
  if (!mail) throw new Error('a mail was requested and is not told');
  return JSON.stringify(mail);
}
