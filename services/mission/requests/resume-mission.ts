import { resumeMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { resumeContext } from '../commands/resume-context.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';

/** Everything another conversation needs, in one answer. */
export const resumeMissionEndpoint = (context: Context) =>
  endpoint(resumeMission, (message) => {
    const { mission_id, conversation_id, since } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, conversation_id, command: { type: 'Resume' } },
      (tx, { mission }) => resumeContext(tx, mission, since),
    );
  });
