import { logEvent } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';

export const logEventEndpoint = (context: Context) =>
  endpoint(logEvent, (message) => {
    const { mission_id, event } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, conversation_id: event.conversation_id, command: { type: 'LogEvent', event } },
      async (_tx, { saved }) => {
        const [logged] = JSON.parse(saved?.events ?? '[]') as unknown[];
        return JSON.stringify(logged);
      },
    );
  });
