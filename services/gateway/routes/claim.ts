import type { Caller } from '@missions/contracts/request.ts';
import { Problem } from '@missions/contracts/errors.ts';
import * as requests from '@missions/contracts/scheduler/runs.ts';
import type { Reply } from '@missions/messaging/request.ts';
import { newId } from '@missions/runtime/id.ts';
import type { WaitingCall } from '../http/waiting-call.ts';
import type { GatewayContext } from './register-operation.ts';

/**
 * Claims a run for a caller who may go away meanwhile: who hangs up, or whose credential is revoked or expires.
 *
 *     claim ──▶ the caller goes ──▶ withdraw the claim ──▶ it takes no run
 *                                                     └──▶ it had one just then: returned to the queue
 */
export interface ClaimCall {
  readonly caller: Caller;
  readonly gone: AbortSignal;
  readonly waiting: WaitingCall;
}

interface ClaimInput {
  readonly wait_seconds: number;
  readonly lease_seconds: number;
}

export interface GrantedRun {
  readonly id: string;
  readonly mission_id: string;
  readonly fence: number;
}

type Gateway = Pick<GatewayContext, 'bus' | 'logger' | 'stopping'>;

/** @throws Problem UNAUTHENTICATED as soon as the credential has ended. */
export async function claim(
  gateway: Gateway,
  { caller, gone, waiting }: ClaimCall,
  input: ClaimInput,
  timeoutMs: number,
): Promise<Reply> {
  const { bus, logger, stopping } = gateway;
  const claim_id = newId();
  const claiming = bus.request(requests.claimRun, { caller, input: { ...input, claim_id } }, { timeoutMs });
  waiting.holdUntil(claiming);
  const withdraw = (): void =>
    void bus
      .request(requests.withdrawClaim, { caller, input: { claim_id } })
      .catch((error: unknown) => logger.warn({ err: error, claim_id }, 'a claim could not be withdrawn'));
  const over = AbortSignal.any([gone, waiting.ended]);
  const left = Promise.withResolvers<undefined>();
  const leave = (): void => left.resolve(undefined);
  over.addEventListener('abort', leave, { once: true });
  if (over.aborted) leave();
  // Answered without a run, as when the time is over.
  stopping.addEventListener('abort', withdraw, { once: true });
  try {
    const reply = await Promise.race([claiming, left.promise]);
    if (reply && !over.aborted) return reply;
    withdraw();
    void claiming.then(
      (late) => {
        const { run } = late.json<{ run: GrantedRun | null }>();
        if (run) void returnRun(gateway, caller, run);
      },
      () => {},
    );
    throw waiting.ended.aborted ? waiting.ended.reason : hungUp();
  } finally {
    over.removeEventListener('abort', leave);
    stopping.removeEventListener('abort', withdraw);
  }
}

/** Nobody reads it. */
export const hungUp = (): Problem => new Problem('UNAVAILABLE', 'The caller hung up before it was answered.');

/** Returns a run that did not reach its caller. If that fails, the run ends when its lease expires. */
export async function returnRun({ bus, logger }: Gateway, caller: Caller, { id, fence }: GrantedRun): Promise<void> {
  try {
    await bus.request(requests.returnRun, { caller, input: { run_id: id, fence } });
  } catch (error) {
    logger.warn({ err: error, run: id }, 'a run that did not reach its caller could not be returned');
  }
}
