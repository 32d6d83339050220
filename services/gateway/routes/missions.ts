import type Router from '@koa/router';
import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import * as requests from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/missions.ts';
import { Reply } from '@missions/messaging/request.ts';
import { deliverQuestionsOf } from './short-ways.ts';
import { toRequest, registerOperation, type GatewayContext } from './register-operation.ts';
import { withContext, withInputRequests, withReadableInputRequests } from './context.ts';
import { missionId, taskId } from './ids.ts';

/** `/api/internal/missions`: the calls of agents. */
export function missionRoutes(router: Router, gateway: GatewayContext): void {
  const pending = withInputRequests(gateway, ['pending']);
  const changed = withReadableInputRequests(gateway, ['pending']);

  registerOperation(
    router,
    gateway,
    operations.createMission,
    ({ body: { user_id: _user, agent_id: _agent, ...mission } }) => toRequest(requests.createMission, mission),
    (reply, { caller }) => deliverQuestionsOf(gateway, caller, reply.body),
  );

  registerOperation(router, gateway, operations.listMissions, ({ query: { user_id: _user, ...filter } }) =>
    toRequest(requests.listMissions, filter),
  );

  registerOperation(
    router,
    gateway,
    operations.getMission,
    ({ params, query: { user_id: _user, ...query } }) =>
      toRequest(requests.getMission, { mission_id: missionId(params), ...query }),
    pending,
  );

  registerOperation(
    router,
    gateway,
    operations.updateMission,
    ({ params, body: patch, if_match }) =>
      toRequest(requests.patchMission, {
        mission_id: missionId(params),
        patch,
        ...(if_match !== undefined && { if_match }),
      }),
    async (reply, call) => changed(new Reply(await deliverQuestionsOf(gateway, call.caller, reply.body)), call),
  );

  registerOperation(router, gateway, operations.addMissionTask, ({ params, body }) =>
    'tasks' in body
      ? toRequest(requests.addTasks, { mission_id: missionId(params), tasks: body.tasks })
      : toRequest(requests.addTask, { mission_id: missionId(params), task: body as NewTask }),
  );

  registerOperation(
    router,
    gateway,
    operations.updateMissionTask,
    ({ params, body: patch, if_match }) =>
      toRequest(requests.patchTask, {
        mission_id: missionId(params),
        task_id: taskId(params),
        patch,
        ...(if_match !== undefined && { if_match }),
      }),
    (reply, { caller }) => deliverQuestionsOf(gateway, caller, reply.body),
  );

  registerOperation(router, gateway, operations.claimMissionTask, ({ params, body: { agent_id: _agent, ...claim } }) =>
    toRequest(requests.claimTask, { mission_id: missionId(params), task_id: taskId(params), ...claim }),
  );

  registerOperation(router, gateway, operations.releaseMissionTask, ({ params, body: { agent_id: _agent, ...of } }) =>
    toRequest(requests.releaseTask, { mission_id: missionId(params), task_id: taskId(params), ...of }),
  );

  registerOperation(router, gateway, operations.logMissionEvent, ({ params, body: { agent_id: _agent, ...event } }) =>
    toRequest(requests.logEvent, { mission_id: missionId(params), event }),
  );

  registerOperation(router, gateway, operations.listMissionEvents, ({ params, query: { user_id: _user, ...filter } }) =>
    toRequest(requests.listEvents, { mission_id: missionId(params), filter }),
  );

  registerOperation(
    router,
    gateway,
    operations.resumeMission,
    ({ params, body, query: { since } }) =>
      toRequest(requests.resumeMission, {
        mission_id: missionId(params),
        conversation_id: body.conversation_id ?? '',
        ...(since !== undefined && { since }),
      }),
    withContext(gateway),
  );

  registerOperation(router, gateway, operations.sendSignal, ({ body: { user_id: _user, ...signal } }) =>
    toRequest(requests.receiveSignal, signal),
  );
}
