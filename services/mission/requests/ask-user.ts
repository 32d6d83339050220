import { askUser } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';

/** Answers the question as the approval service will get it, from here and from the event alike. */
export const askUserEndpoint = (context: Context) =>
  endpoint(askUser, (message) => {
    const { mission_id, question } = message.input;
    const command = { type: 'AskUser', request_id: context.newId(), question } as const;
    return executeCommand(
      context,
      message,
      { mission_id, conversation_id: question.conversation_id, command },
      async (_tx, { changes }) => {
        const asked = changes.find((it) => it.kind === 'input_requested')?.event?.['question'];
        if (!asked) throw new Error('a question was asked and is not told');
        return JSON.stringify(asked);
      },
    );
  });
