import { Problem } from '@missions/contracts/errors.ts';
import {
  createMission,
  getMission,
  keepMission,
  listMissions,
  patchMission,
  restoreMission,
  resumeMission,
  retryMission,
} from '@missions/contracts/mission/requests.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import { type Context, executeCommand, executeCreation } from '../commands/execute-command.ts';
import { requireCursor, requireMission, requireUser } from '../commands/problems.ts';
import { resumeContext } from '../commands/resume-context.ts';
import { RECENT_EVENTS } from '../store/columns.ts';
import { decodeMissionCursor, listMissions as listPage } from '../store/list-missions.ts';
import type { Scope } from '../store/load-mission.ts';
import { readMission } from '../store/read-mission.ts';
import { withQuestions } from './questions.ts';

export const missionEndpoints = (context: Context): Endpoint[] => [
  endpoint(createMission, ({ input, ...call }) => executeCreation(context, call, input)),

  endpoint(listMissions, async ({ caller, input: { cursor, ...filter } }) => {
    const user_id = requireUser(caller, 'user_id', 'say whose missions to list.');
    const after = cursor === undefined ? undefined : requireCursor(decodeMissionCursor(cursor, filter.sort));
    const page = await listPage(autocommit(context.db), caller.customer_id, user_id, filter, after);
    return { body: `{"missions":[${page.missions.join(',')}],"next_cursor":${JSON.stringify(page.next_cursor)}}` };
  }),

  endpoint(getMission, async ({ caller, input }) =>
    requireMission(
      await readMission(autocommit(context.db), caller, input.mission_id, {
        events: input.include_events ?? RECENT_EVENTS,
        deleted: input.include_deleted === true && caller.kind === 'user',
        ...(input.include_tasks !== undefined && { tasks: input.include_tasks }),
      }),
    ),
  ),

  endpoint(patchMission, ({ input: { mission_id, patch, if_match }, ...call }) =>
    executeCommand(
      context,
      call,
      { mission_id, if_match, command: { type: 'PatchMission', patch } },
      async (tx, executed) => withQuestions(await missionDetail(tx, call.caller, mission_id), executed),
    ),
  ),

  endpoint(retryMission, ({ input: { mission_id }, ...call }) =>
    executeCommand(context, call, { mission_id, command: { type: 'RetryFailed' } }, (tx) =>
      missionDetail(tx, call.caller, mission_id),
    ),
  ),

  endpoint(keepMission, ({ input: { mission_id }, ...call }) => {
    if (call.caller.kind !== 'user') throw new Problem('FORBIDDEN', 'A mission is kept by its user only.');
    return executeCommand(context, call, { mission_id, command: { type: 'Keep' } }, (tx) =>
      missionDetail(tx, call.caller, mission_id),
    );
  }),

  endpoint(restoreMission, ({ input: { mission_id }, ...call }) => {
    if (call.caller.kind !== 'user') throw new Problem('FORBIDDEN', 'A deleted mission is restored by its user only.');
    return executeCommand(context, call, { mission_id, command: { type: 'Restore' } }, (tx) =>
      missionDetail(tx, call.caller, mission_id),
    );
  }),

  /** Continues a mission in another conversation: returns everything that the conversation needs in one reply. */
  endpoint(resumeMission, ({ input: { mission_id, conversation_id, since }, ...call }) =>
    executeCommand(context, call, { mission_id, conversation_id, command: { type: 'Resume' } }, (tx, { mission }) =>
      resumeContext(tx, mission, since),
    ),
  ),
];

/** The mission after the command, as `get` shows it. */
async function missionDetail(tx: Tx, scope: Scope, missionId: string): Promise<string> {
  const { body } = requireMission(await readMission(tx, scope, missionId, { events: RECENT_EVENTS }));
  return body;
}
