import { moveRules } from '@missions/contracts/approval/rules.ts';
import { readProfile, type UserProfile } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { noteZone } from '@missions/contracts/scheduler/limits.ts';
import type { GatewayContext } from './register-operation.ts';

/**
 * Where a user's day begins the notifier knows; the approval service and the scheduler, which count by it, are told.
 * @param zone if it is known already
 */
async function announceZone(
  { bus }: GatewayContext,
  to: typeof moveRules | typeof noteZone,
  caller: Caller,
  { zone, ...within }: { readonly zone?: string | null | undefined; readonly timeoutMs?: number } = {},
): Promise<void> {
  const known = async () => (await bus.request(readProfile, { caller, input: {} }, within)).json<UserProfile>();
  const time_zone = zone === undefined ? (await known()).time_zone : zone;
  await bus.request(to, { caller, input: { time_zone } }, within);
}

/** Before limits are set, which are refused without it. */
export const tellZoneOfLimits = (gateway: GatewayContext, caller: Caller): Promise<void> =>
  announceZone(gateway, noteZone, caller);

const ZONE_MS = 2_000;

/**
 * After a change of rules. Without it their days begin as was told before, or by UTC: the call that it follows is not
 * refused for that.
 */
export const tellZoneOfRules = (gateway: GatewayContext, caller: Caller, zone?: string | null): Promise<void> =>
  announceZone(gateway, moveRules, caller, { zone, timeoutMs: ZONE_MS }).catch((error: unknown) =>
    gateway.logger.warn({ err: error }, 'the days of a user’s rules begin as before'),
  );

/**
 * The user's days begin elsewhere from now on: those of rules and of limits. Setting one of them says so again, if this does
 * not arrive.
 */
export async function zoneChanged(gateway: GatewayContext, caller: Caller, zone: string | null): Promise<void> {
  await tellZoneOfRules(gateway, caller, zone);
  await announceZone(gateway, noteZone, caller, { zone }).catch((err: unknown) =>
    gateway.logger.warn({ err }, 'the scheduler was not told of a zone'),
  );
}
