import type Router from '@koa/router';
import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import * as requests from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/missions.ts';
import { ask, registerOperation, type GatewayContext } from './register-operation.ts';
import { withContext, withInputRequests } from './context.ts';
import { missionId, taskId } from './ids.ts';

/** `/api/internal/missions`: what agents call. */
export function missionRoutes(router: Router, edge: GatewayContext): void {
  registerOperation(
    router,
    edge,
    operations.createMission,
    ({ body: { user_id: _user, agent_id: _agent, ...mission } }) => ask(requests.createMission, mission),
  );

  registerOperation(router, edge, operations.listMissions, ({ query: { user_id: _user, ...filter } }) =>
    ask(requests.listMissions, filter),
  );

  registerOperation(
    router,
    edge,
    operations.getMission,
    ({ params, query: { user_id: _user, ...query } }) =>
      ask(requests.getMission, { mission_id: missionId(params), ...query }),
    withInputRequests(edge, ['pending']),
  );

  registerOperation(
    router,
    edge,
    operations.updateMission,
    ({ params, body: patch, if_match }) =>
      ask(requests.patchMission, { mission_id: missionId(params), patch, ...(if_match !== undefined && { if_match }) }),
    withInputRequests(edge, ['pending']),
  );

  registerOperation(router, edge, operations.addMissionTask, ({ params, body }) =>
    'tasks' in body
      ? ask(requests.addTasks, { mission_id: missionId(params), tasks: body.tasks })
      : ask(requests.addTask, { mission_id: missionId(params), task: body as NewTask }),
  );

  registerOperation(router, edge, operations.updateMissionTask, ({ params, body: patch, if_match }) =>
    ask(requests.patchTask, {
      mission_id: missionId(params),
      task_id: taskId(params),
      patch,
      ...(if_match !== undefined && { if_match }),
    }),
  );

  registerOperation(router, edge, operations.logMissionEvent, ({ params, body: { agent_id: _agent, ...event } }) =>
    ask(requests.logEvent, { mission_id: missionId(params), event }),
  );

  registerOperation(router, edge, operations.listMissionEvents, ({ params, query: { user_id: _user, ...filter } }) =>
    ask(requests.listEvents, { mission_id: missionId(params), filter }),
  );

  registerOperation(
    router,
    edge,
    operations.resumeMission,
    ({ params, body, query: { since } }) =>
      ask(requests.resumeMission, {
        mission_id: missionId(params),
        conversation_id: body.conversation_id ?? '',
        ...(since !== undefined && { since }),
      }),
    withContext(edge),
  );

  registerOperation(router, edge, operations.sendSignal, ({ body }) => ask(requests.receiveSignal, body));
}
