import type Router from '@koa/router';
import * as approval from '@missions/contracts/approval/rules.ts';
import { readProfile, type UserProfile } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import * as operations from '@missions/contracts/rest/approval-rules.ts';
import { ruleId } from './ids.ts';
import { type GatewayContext, registerOperation, type ResponseMapper, toRequest } from './register-operation.ts';

/** `/api/v1/approval-rules`: what users decide beforehand. */
export function approvalRuleRoutes(router: Router, gateway: GatewayContext): void {
  const inZone: ResponseMapper = async (reply, { caller }) => {
    await tellZone(gateway, caller);
    return reply;
  };
  registerOperation(router, gateway, operations.listMyApprovalRules, () => toRequest(approval.listRules, {}));
  registerOperation(router, gateway, operations.getMyApprovalRule, ({ params }) =>
    toRequest(approval.readRule, { rule_id: ruleId(params) }),
  );
  registerOperation(
    router,
    gateway,
    operations.createMyApprovalRule,
    ({ body }) => toRequest(approval.addRule, body),
    inZone,
  );
  registerOperation(
    router,
    gateway,
    operations.updateMyApprovalRule,
    ({ params, body }) => toRequest(approval.changeRule, { rule_id: ruleId(params), patch: body }),
    inZone,
  );
  registerOperation(
    router,
    gateway,
    operations.removeMyApprovalRule,
    ({ params }) => toRequest(approval.removeRule, { rule_id: ruleId(params) }),
    () => Promise.resolve(null),
  );
}

const ZONE_MS = 2_000;

/**
 * Tells the approval service in which zone the days of the user's rules begin. Without it they begin as was told before, or
 * by UTC: the call that it follows is not refused for that.
 */
export async function tellZone({ bus, logger }: GatewayContext, caller: Caller, zone?: string | null): Promise<void> {
  const within = { timeoutMs: ZONE_MS };
  try {
    const known = async () => (await bus.request(readProfile, { caller, input: {} }, within)).json<UserProfile>();
    const time_zone = zone === undefined ? (await known()).time_zone : zone;
    await bus.request(approval.moveRules, { caller, input: { time_zone } }, within);
  } catch (error) {
    logger.warn({ err: error }, 'the days of a user’s rules begin as before');
  }
}
