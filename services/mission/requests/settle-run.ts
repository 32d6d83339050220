import { settleRun } from '@missions/contracts/scheduler/runs.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';

export const settleRunEndpoint = (context: Context) =>
  endpoint(settleRun, (message) => {
    const { mission_id, ...settlement } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, command: { type: 'SettleRun', settlement } },
      async (_tx, { mission }) => JSON.stringify({ fence: mission.fence, version: mission.version }),
    );
  });
