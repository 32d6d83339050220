import { grantRun } from '@missions/contracts/scheduler/runs.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { bundle } from './bundle.ts';
import { change, type Context } from './change.ts';

/** Asked by the scheduler before a claim is answered: from here on, what an earlier run writes is refused. */
export const grantRunEndpoint = (context: Context) =>
  endpoint(grantRun, (message) => {
    const { mission_id, ...grant } = message.input;
    return change(context, message, { mission_id, command: { type: 'GrantRun', grant } }, async (tx, { mission }) => `{"fence":${mission.fence},"context":${await bundle(tx, mission)}}`);
  });
