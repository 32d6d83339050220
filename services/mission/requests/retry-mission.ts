import { retryMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { readMission } from '../store/read-mission.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';
import { RECENT_EVENTS } from './get-mission.ts';

/** The user's control: everything that failed is to be tried again. */
export const retryMissionEndpoint = (context: Context) =>
  endpoint(retryMission, (message) => {
    const { mission_id } = message.input;
    return executeCommand(context, message, { mission_id, command: { type: 'RetryFailed' } }, async (tx) => {
      const { body } = await readMission(tx, message.caller, mission_id, RECENT_EVENTS);
      return body;
    });
  });
