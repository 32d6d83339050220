import type Router from '@koa/router';
import { getMission } from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/runs.ts';
import * as requests from '@missions/contracts/scheduler/runs.ts';
import { claim, type GrantedRun, hungUp, returnRun } from './claim.ts';
import { toRequest, registerOperation, type GatewayContext } from './register-operation.ts';
import { completeGrantedContext } from './context.ts';
import { missionId, runId } from './ids.ts';

/** Added to the time that a claim may wait: granting the run takes the mission service a moment. */
const GRANT_MS = 5_000;

/** Autonomous work: runs are claimed under a lease, kept by heartbeats, and finished. */
export function runRoutes(router: Router, gateway: GatewayContext): void {
  registerOperation(
    router,
    gateway,
    operations.claimRun,
    ({ body: { wait_seconds = 0, lease_seconds = requests.DEFAULT_LEASE_SECONDS } }) => {
      const input = { wait_seconds, lease_seconds };
      return {
        ...toRequest(requests.claimRun, input),
        waitMs: wait_seconds * 1000,
        send: (call) => claim(gateway, call, input, wait_seconds * 1000 + GRANT_MS),
      };
    },
    async (reply, { caller, gone, waiting }) => {
      const { run, context } = reply.json<{ run: GrantedRun | null; context: Record<string, unknown> }>();
      if (run === null) return null;
      const giveBack = (): void => void returnRun(gateway, caller, run);
      try {
        const completed = await completeGrantedContext(gateway, caller, run.mission_id, context);
        await waiting?.confirm();
        if (gone.aborted) throw hungUp();
        gone.addEventListener('abort', giveBack, { once: true });
        return JSON.stringify({ run, ...completed });
      } catch (error) {
        giveBack();
        throw error;
      }
    },
  );

  registerOperation(router, gateway, operations.heartbeatRun, ({ params, body }) =>
    toRequest(requests.heartbeatRun, { run_id: runId(params), ...body }),
  );
  registerOperation(router, gateway, operations.finishRun, ({ params, body }) =>
    toRequest(requests.finishRun, { run_id: runId(params), ...body }),
  );

  // The mission service is asked first, because it knows whose mission it is; the scheduler knows only its runs.
  registerOperation(
    router,
    gateway,
    operations.listMissionRuns,
    ({ params }) => toRequest(getMission, { mission_id: missionId(params), include_events: 0, include_tasks: false }),
    async (_mission, { caller, params, query }) => {
      const { user_id: _user, ...page } = query as { user_id?: string; limit?: number; cursor?: string };
      return (
        await gateway.bus.request(requests.listRuns, { caller, input: { mission_id: missionId(params), ...page } })
      ).body;
    },
  );
}
