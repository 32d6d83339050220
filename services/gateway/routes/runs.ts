import type Router from '@koa/router';
import { getMission } from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/runs.ts';
import * as requests from '@missions/contracts/scheduler/runs.ts';
import { ask, registerOperation, type GatewayContext } from './register-operation.ts';
import { completeGrantedContext } from './context.ts';
import { missionId, runId } from './ids.ts';

/** Beyond what a claim is to wait: granting it takes the mission service a moment. */
const GRANT_MS = 5_000;

/** Autonomous work: claimed under a lease, kept by heartbeats, finished. */
export function runRoutes(router: Router, edge: GatewayContext): void {
  registerOperation(
    router,
    edge,
    operations.claimRun,
    ({ body: { wait_seconds = 0, lease_seconds = requests.DEFAULT_LEASE_SECONDS } }) => ({
      ...ask(requests.claimRun, { wait_seconds, lease_seconds }),
      timeoutMs: wait_seconds * 1000 + GRANT_MS,
    }),
    async (reply, { caller }) => {
      const { run, context } = reply.json<{ run: { mission_id: string } | null; context: Record<string, unknown> }>();
      if (run === null) return null;
      return JSON.stringify({ run, ...(await completeGrantedContext(edge, caller, run.mission_id, context)) });
    },
  );

  registerOperation(router, edge, operations.heartbeatRun, ({ params, body }) =>
    ask(requests.heartbeatRun, { run_id: runId(params), fence: body.fence }),
  );
  registerOperation(router, edge, operations.finishRun, ({ params, body }) =>
    ask(requests.finishRun, { run_id: runId(params), ...body }),
  );

  // Asked of the mission service first, which knows whose mission it is: the scheduler only knows its runs.
  registerOperation(
    router,
    edge,
    operations.listMissionRuns,
    ({ params }) => ask(getMission, { mission_id: missionId(params), include_events: 0 }),
    async (_mission, { caller, params, query }) => {
      const { user_id: _user, ...page } = query as { user_id?: string; limit?: number; cursor?: string };
      return (await edge.bus.request(requests.listRuns, { caller, input: { mission_id: missionId(params), ...page } }))
        .body;
    },
  );
}
