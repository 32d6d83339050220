import type Router from '@koa/router';
import { getMission } from '@missions/contracts/mission/requests.ts';
import * as operations from '@missions/contracts/rest/limits.ts';
import {
  changeCustomerLimits,
  changeLimits,
  type Limits,
  readCustomerLimits,
  readLimits,
  readUsage,
} from '@missions/contracts/scheduler/limits.ts';
import { missionId } from './ids.ts';
import { type GatewayContext, registerOperation, toRequest } from './register-operation.ts';
import { tellZoneOfLimits } from './user-zone.ts';

/** `/api/v1/limits`, those of a mission, and those of a customer, which the scheduler keeps. */
export function limitRoutes(router: Router, gateway: GatewayContext): void {
  registerOperation(router, gateway, operations.getMyUsage, ({ query }) => toRequest(readUsage, query));
  registerOperation(router, gateway, operations.getCustomerLimits, () => toRequest(readCustomerLimits, {}));
  registerOperation(router, gateway, operations.setCustomerLimits, ({ body }) => toRequest(changeCustomerLimits, body));
  registerOperation(router, gateway, operations.getMyLimits, () => toRequest(readLimits, {}));
  registerOperation(router, gateway, operations.setMyLimits, ({ body: limits }) => ({
    ...toRequest(changeLimits, { limits }),
    around: async (caller, request) => {
      await tellZoneOfLimits(gateway, caller);
      return request();
    },
  }));
  // The mission service is asked first, because it knows whose mission it is.
  const owned = ({ params }: { readonly params: Readonly<Record<string, string>> }) =>
    toRequest(getMission, { mission_id: missionId(params), include_events: 0, include_tasks: false });
  registerOperation(router, gateway, operations.getMyMissionLimits, owned, (_mission, { caller, params }) =>
    gateway.bus.request(readLimits, { caller, input: { mission_id: missionId(params) } }),
  );
  registerOperation(router, gateway, operations.setMyMissionLimits, (call) => ({
    // Answered here, so that a refusal by the mission service is recorded (`recordsRefusedDeed`).
    async answer({ caller }) {
      const { contract, input } = owned(call);
      await gateway.bus.request(contract, { caller, input });
      await tellZoneOfLimits(gateway, caller);
      const change = { mission_id: missionId(call.params), limits: call.body };
      return (await gateway.bus.request(changeLimits, { caller, input: change })).json<Limits>();
    },
  }));
}
