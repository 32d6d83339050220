import { checkRun } from '@missions/contracts/mission/requests.ts';
import { grantRun, settleRun } from '@missions/contracts/scheduler/runs.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type Context, executeCommand } from '../commands/execute-command.ts';
import { holdLease } from '../commands/hold-lease.ts';
import { resumeContext } from '../commands/resume-context.ts';
import { taskCounts } from '../domain/state.ts';

/**
 * Autonomous runs (specification section 8). The scheduler claims and ends them; the mission grants them and fences
 * them off.
 */
export const runEndpoints = (context: Context): Endpoint[] => [
  /** Called before a claim is answered: from here on, writes of an earlier run are refused. */
  endpoint(grantRun, ({ input: { mission_id, ...grant }, ...call }) =>
    executeCommand(
      context,
      call,
      { mission_id, command: { type: 'GrantRun', grant } },
      async (tx, { mission }) => `{"fence":${mission.fence},"context":${await resumeContext(tx, mission)}}`,
    ),
  ),

  endpoint(settleRun, ({ input: { mission_id, ...settlement }, ...call }) =>
    executeCommand(
      context,
      call,
      { mission_id, command: { type: 'SettleRun', settlement } },
      async (_tx, { mission }) =>
        JSON.stringify({
          fence: mission.fence,
          version: mission.version,
          task_counts: taskCounts(mission.tasks),
        }),
    ),
  ),

  /**
   * Called by the gateway before another service writes under `X-Run`. Advisory: nothing holds the lease afterwards;
   * writes of this service use `holdLease` in their own transaction.
   */
  endpoint(checkRun, async ({ caller, run }) => {
    await holdLease(autocommit(context.db), caller, run);
    return { body: '{}' };
  }),
];
