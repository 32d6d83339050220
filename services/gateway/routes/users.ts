import type Router from '@koa/router';
import type { MissionPatch } from '@missions/contracts/mission/bodies.ts';
import * as requests from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/users.ts';
import { ask, registerOperation, type GatewayContext } from './register-operation.ts';
import { missionId, taskId } from './ids.ts';
import { withInputRequests } from './context.ts';

/** `/api/v1/missions`: what people see, and their controls. */
export function userRoutes(router: Router, edge: GatewayContext): void {
  const pending = withInputRequests(edge, ['pending']);

  registerOperation(router, edge, operations.listMyMissions, ({ query }) => ask(requests.listMissions, query));
  registerOperation(
    router,
    edge,
    operations.getMyMission,
    ({ params, query }) => ask(requests.getMission, { mission_id: missionId(params), ...query }),
    pending,
  );

  const controls: [typeof operations.cancelMyMission, MissionPatch][] = [
    [operations.cancelMyMission, { status: 'cancelled' }],
    [operations.pauseMyMission, { status: 'paused' }],
    [operations.resumeMyMission, { status: 'active' }],
  ];
  for (const [operation, patch] of controls)
    registerOperation(
      router,
      edge,
      operation,
      ({ params }) => ask(requests.patchMission, { mission_id: missionId(params), patch }),
      pending,
    );

  registerOperation(
    router,
    edge,
    operations.retryMyMission,
    ({ params }) => ask(requests.retryMission, { mission_id: missionId(params) }),
    pending,
  );
  registerOperation(
    router,
    edge,
    operations.restoreMyMission,
    ({ params }) => ask(requests.restoreMission, { mission_id: missionId(params) }),
    pending,
  );
  registerOperation(router, edge, operations.markReceived, ({ params }) =>
    ask(requests.markReceived, { mission_id: missionId(params), task_id: taskId(params) }),
  );
}
