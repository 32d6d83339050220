import type { Endpoint } from '@missions/messaging/endpoint.ts';
import { addTaskEndpoint, addTasksEndpoint } from './add-tasks.ts';
import { askUserEndpoint } from './ask-user.ts';
import type { Context } from '../commands/execute-command.ts';
import { checkRunEndpoint } from './check-run.ts';
import { createMissionEndpoint } from './create-mission.ts';
import { getMissionEndpoint } from './get-mission.ts';
import { grantRunEndpoint } from './grant-run.ts';
import { listEventsEndpoint } from './list-events.ts';
import { listMissionsEndpoint } from './list-missions.ts';
import { logEventEndpoint } from './log-event.ts';
import { markReceivedEndpoint } from './mark-received.ts';
import { patchMissionEndpoint } from './patch-mission.ts';
import { patchTaskEndpoint } from './patch-task.ts';
import { recentHistoryEndpoint } from './recent-history.ts';
import { receiveSignalEndpoint } from './receive-signal.ts';
import { restoreMissionEndpoint } from './restore-mission.ts';
import { resumeMissionEndpoint } from './resume-mission.ts';
import { requestEmailEndpoint } from './request-email.ts';
import { requestFollowUpEndpoint } from './request-follow-up.ts';
import { retryMissionEndpoint } from './retry-mission.ts';
import { settleRunEndpoint } from './settle-run.ts';

/** Everything the mission service answers. */
export const missionEndpoints = (context: Context): Endpoint[] => [
  createMissionEndpoint(context),
  listMissionsEndpoint(context),
  getMissionEndpoint(context),
  patchMissionEndpoint(context),
  addTaskEndpoint(context),
  addTasksEndpoint(context),
  patchTaskEndpoint(context),
  logEventEndpoint(context),
  listEventsEndpoint(context),
  resumeMissionEndpoint(context),
  receiveSignalEndpoint(context),
  askUserEndpoint(context),
  requestEmailEndpoint(context),
  requestFollowUpEndpoint(context),
  retryMissionEndpoint(context),
  markReceivedEndpoint(context),
  recentHistoryEndpoint(context),
  restoreMissionEndpoint(context),
  grantRunEndpoint(context),
  settleRunEndpoint(context),
  checkRunEndpoint(context),
];
