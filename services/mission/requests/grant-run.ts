import { grantRun } from '@missions/contracts/scheduler/runs.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { resumeContext } from '../commands/resume-context.ts';
import { executeCommand, type Context } from '../commands/execute-command.ts';

/** Asked by the scheduler before a claim is answered: from here on, what an earlier run writes is refused. */
export const grantRunEndpoint = (context: Context) =>
  endpoint(grantRun, (message) => {
    const { mission_id, ...grant } = message.input;
    return executeCommand(
      context,
      message,
      { mission_id, command: { type: 'GrantRun', grant } },
      async (tx, { mission }) => `{"fence":${mission.fence},"context":${await resumeContext(tx, mission)}}`,
    );
  });
