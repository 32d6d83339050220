import { settleRun } from '@missions/contracts/scheduler/runs.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { change, type Context } from './change.ts';

export const settleRunEndpoint = (context: Context) =>
  endpoint(settleRun, (message) => {
    const { mission_id, ...settlement } = message.input;
    return change(context, message, { mission_id, command: { type: 'SettleRun', settlement } }, async (_tx, { mission }) => JSON.stringify({ fence: mission.fence, version: mission.version }));
  });
