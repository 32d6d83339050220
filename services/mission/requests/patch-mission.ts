import { patchMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { readMission } from '../store/read-mission.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';
import { RECENT_EVENTS } from './get-mission.ts';

export const patchMissionEndpoint = (context: Context) =>
  endpoint(patchMission, (message) => {
    const { mission_id, patch, if_match } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, if_match, command: { type: 'PatchMission', patch } },
      async (tx) => {
        const { body } = await readMission(tx, message.caller, mission_id, RECENT_EVENTS);
        return body;
      },
    );
  });
