import type Router from '@koa/router';
import * as approval from '@missions/contracts/approval/rules.ts';
import * as operations from '@missions/contracts/rest/approval-rules.ts';
import { ruleId } from './ids.ts';
import { type GatewayContext, registerOperation, type ResponseMapper, toRequest } from './register-operation.ts';
import { tellZoneOfRules } from './user-zone.ts';

/** `/api/v1/approval-rules`: what users decide beforehand. */
export function approvalRuleRoutes(router: Router, gateway: GatewayContext): void {
  const inZone: ResponseMapper = async (reply, { caller }) => {
    await tellZoneOfRules(gateway, caller);
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
