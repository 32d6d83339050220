import { resumeMission } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { bundle } from './bundle.ts';
import { change, type Context } from './change.ts';

/** Everything another conversation needs, in one answer. */
export const resumeMissionEndpoint = (context: Context) =>
  endpoint(resumeMission, (message) => {
    const { mission_id, conversation_id, since } = message.input;
    return change(context, message, { mission_id, conversation_id, command: { type: 'Resume' } }, (tx, { mission }) => bundle(tx, mission, since));
  });
