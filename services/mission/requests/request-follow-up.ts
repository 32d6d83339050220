import { requestFollowUp } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';
import { mailOf } from './request-email.ts';

/** Who has not answered by the time it is sent is known to the email-bridge only: it finds them then. */
export const requestFollowUpEndpoint = (context: Context) =>
  endpoint(requestFollowUp, (message) => {
    const { mission_id, of, follow_up } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, command: { type: 'RequestFollowUp', id: context.newId(), of, follow_up } },
      async (_tx, changed) => `{"mail":${mailOf(changed)},"of":${JSON.stringify(of)}}`,
    );
  });
