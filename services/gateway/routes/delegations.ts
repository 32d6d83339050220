import type Router from '@koa/router';
import * as approval from '@missions/contracts/approval/delegations.ts';
import * as operations from '@missions/contracts/rest/delegations.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { delegationId } from './ids.ts';
import { type GatewayContext, registerOperation, toRequest } from './register-operation.ts';

/** `/api/v1/delegations`: who answers whose questions for a while. */
export function delegationRoutes(router: Router, gateway: GatewayContext): void {
  registerOperation(router, gateway, operations.listMyDelegations, () => toRequest(approval.listDelegations, {}));
  registerOperation(router, gateway, operations.createMyDelegation, ({ body }) =>
    toRequest(approval.addDelegation, body),
  );
  registerOperation(
    router,
    gateway,
    operations.endMyDelegation,
    ({ params }) => toRequest(approval.endDelegation, { delegation_id: delegationId(params) }),
    () => Promise.resolve(null),
  );
}

const CALL_MS = 2_000;

/**
 * Whose questions the caller answers at this moment: the approval service alone knows it, so that what has ended is over at
 * once. Without its word the caller is shown their own.
 */
export async function delegatorsOf(
  { bus, logger }: Pick<GatewayContext, 'bus' | 'logger'>,
  caller: Caller,
): Promise<string[]> {
  if (caller.user_id === null) return [];
  try {
    const reply = await bus.request(approval.listDelegators, { caller, input: {} }, { timeoutMs: CALL_MS });
    return reply.json<{ user_ids: string[] }>().user_ids;
  } catch (error) {
    logger.warn({ err: error }, 'the approval service was not asked whose questions a user answers');
    return [];
  }
}
