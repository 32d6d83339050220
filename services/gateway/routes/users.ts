import type Router from '@koa/router';
import type { Static } from 'typebox';
import { type EmailsPage, listEmailsOfMission } from '@missions/contracts/email/requests.ts';
import type { MissionPatch } from '@missions/contracts/mission/bodies.ts';
import * as requests from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/users.ts';
import { listRuns } from '@missions/contracts/scheduler/runs.ts';
import { Reply } from '@missions/messaging/request.ts';
import { withUnheardEmails } from '../emails/known-emails.ts';
import { toRequest, registerOperation, type GatewayContext, type ResponseMapper } from './register-operation.ts';
import { missionId, taskId } from './ids.ts';
import { withInputRequests, withReadableInputRequests } from './context.ts';
import { deliverQuestionsOf } from './short-ways.ts';

/** `/api/v1/missions`: what people see, and their controls. */
export function userRoutes(router: Router, gateway: GatewayContext): void {
  const pending = withInputRequests(gateway, ['pending']);
  const readable = withReadableInputRequests(gateway, ['pending']);
  const changed: ResponseMapper = async (reply, call) =>
    readable(new Reply(await deliverQuestionsOf(gateway, call.caller, reply.body)), call);

  registerOperation(router, gateway, operations.listMyMissions, ({ query }) => toRequest(requests.listMissions, query));
  registerOperation(
    router,
    gateway,
    operations.getMyMission,
    ({ params, query }) =>
      toRequest(requests.getMission, { mission_id: missionId(params), include_deleted: true, ...query }),
    pending,
  );

  registerOperation(router, gateway, operations.listMyMissionEvents, ({ params, query: filter }) =>
    toRequest(requests.listEvents, { mission_id: missionId(params), filter }),
  );
  // The mission service is asked first, because it knows whose mission it is.
  const owned = ({ params }: { readonly params: Readonly<Record<string, string>> }) =>
    toRequest(requests.getMission, { mission_id: missionId(params), include_events: 0, include_tasks: false });
  registerOperation(router, gateway, operations.listMyMissionRuns, owned, (_mission, { caller, params, query }) =>
    gateway.bus.request(listRuns, { caller, input: { mission_id: missionId(params), ...query } }),
  );
  registerOperation(
    router,
    gateway,
    operations.listMyMissionEmails,
    ({ params }) =>
      toRequest(requests.getMission, { mission_id: missionId(params), include_events: 20, include_tasks: false }),
    async (mission, { caller, params, query }) => {
      const input = { mission_id: missionId(params), page: query };
      const request = () => gateway.bus.request(listEmailsOfMission, { caller, input });
      const isFirst = (query as EmailsPage).cursor === undefined;
      const reply = await (isFirst
        ? withUnheardEmails(gateway, caller, input.mission_id, mission.json(), request)
        : request());
      const { emails, next_cursor = null } = reply.json<Static<typeof listEmailsOfMission.output>>();
      return JSON.stringify({ emails, next_cursor });
    },
  );

  registerOperation(router, gateway, operations.createMyMission, ({ body }) => toRequest(requests.createMission, body));
  registerOperation(
    router,
    gateway,
    operations.updateMyMission,
    ({ params, body: patch, if_match }) =>
      toRequest(requests.patchMission, {
        mission_id: missionId(params),
        patch,
        ...(if_match !== undefined && { if_match }),
      }),
    changed,
  );

  const controls: [typeof operations.cancelMyMission, MissionPatch][] = [
    [operations.cancelMyMission, { status: 'cancelled' }],
    [operations.pauseMyMission, { status: 'paused' }],
    [operations.resumeMyMission, { status: 'active' }],
  ];
  for (const [operation, patch] of controls)
    registerOperation(
      router,
      gateway,
      operation,
      ({ params }) => toRequest(requests.patchMission, { mission_id: missionId(params), patch }),
      changed,
    );

  for (const [operation, request] of [
    [operations.retryMyMission, requests.retryMission],
    [operations.restoreMyMission, requests.restoreMission],
    [operations.keepMyMission, requests.keepMission],
  ] as const)
    registerOperation(
      router,
      gateway,
      operation,
      ({ params }) => toRequest(request, { mission_id: missionId(params) }),
      changed,
    );
  registerOperation(router, gateway, operations.messageMyMission, ({ params, body: { text } }) =>
    toRequest(requests.logEvent, {
      mission_id: missionId(params),
      event: { event_type: 'user_message', content: text },
    }),
  );

  registerOperation(router, gateway, operations.retryMyTask, ({ params }) =>
    toRequest(requests.retryTask, { mission_id: missionId(params), task_id: taskId(params) }),
  );
  registerOperation(
    router,
    gateway,
    operations.skipMyTask,
    ({ params }) =>
      toRequest(requests.patchTask, {
        mission_id: missionId(params),
        task_id: taskId(params),
        patch: { status: 'skipped' },
      }),
    (reply, { caller }) => deliverQuestionsOf(gateway, caller, reply.body),
  );
  registerOperation(router, gateway, operations.markReceived, ({ params }) =>
    toRequest(requests.markReceived, { mission_id: missionId(params), task_id: taskId(params) }),
  );
}
