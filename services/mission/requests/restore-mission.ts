import { Problem } from '@missions/contracts/errors.ts';
import { restoreMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { readMission } from '../store/read-mission.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';
import { RECENT_EVENTS } from './get-mission.ts';

/** Only its user has a deleted mission back; nobody else can even see it. */
export const restoreMissionEndpoint = (context: Context) =>
  endpoint(restoreMission, (message) => {
    if (message.caller.kind !== 'user')
      throw new Problem('FORBIDDEN', 'A deleted mission is restored by its user only.');
    const { mission_id } = message.input;
    return executeCommand(context, message, { mission_id, command: { type: 'Restore' } }, async (tx) => {
      const { body } = await readMission(tx, message.caller, mission_id, RECENT_EVENTS);
      return body;
    });
  });
