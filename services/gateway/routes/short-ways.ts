import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import { cancelInputRequest, ensureInputRequest, type SealedEvent } from '@missions/contracts/approval/requests.ts';
import { hearOutcome } from '@missions/contracts/mission/requests.ts';
import type { WithdrawnInputRequest } from '@missions/contracts/mission/representation.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { GatewayContext } from './register-operation.ts';

/**
 * How long the call to the other service may take before the caller is answered without it. The event then does the
 * work.
 */
const CALL_MS = 2_000;

/**
 * The mission service has committed the input request with its event, and the event is the guarantee. Calling the
 * approval service as well lets the asker read its own write at once. If the call fails nothing is lost, so the asker
 * gets no error.
 */
export async function deliverAsked(
  { bus, logger }: GatewayContext,
  caller: Caller,
  asked: AskedInputRequest,
): Promise<void> {
  try {
    await bus.request(ensureInputRequest, { caller, input: asked }, { timeoutMs: CALL_MS });
  } catch (error) {
    logger.warn(
      { err: error, request_id: asked.id },
      'the approval service was not called; the event will deliver the input request',
    );
  }
}

/**
 * The same for the questions that the creation or the change of a mission asked by itself: what an agent may only
 * propose (specification section 8 "Life cycle"). Returns the mission as its caller is shown it.
 */
export async function deliverAskedBy(gateway: GatewayContext, caller: Caller, mission: string): Promise<string> {
  if (!mission.includes('"asked":[') && !mission.includes('"input_requests":[{')) return mission;
  const { asked, ...shown } = JSON.parse(mission) as Record<'asked' | 'input_requests', AskedInputRequest[] | null>;
  for (const question of asked ?? shown.input_requests ?? []) await deliverAsked(gateway, caller, question);
  return JSON.stringify(shown);
}

/**
 * The approval service has committed the user's answer with its event. Bringing the mission service the same event lets
 * the user read a mission that has gone on, in the very next call.
 */
export async function deliverOutcome(
  { bus, logger }: GatewayContext,
  caller: Caller,
  outcome: SealedEvent,
): Promise<void> {
  try {
    await bus.request(hearOutcome, { caller, input: outcome }, { timeoutMs: CALL_MS });
  } catch (error) {
    logger.warn(
      { err: error, event: outcome.event.id },
      'the mission service was not called; the event will deliver the answer',
    );
  }
}

/**
 * The mission service has committed that a question was taken back, and its event ends the question. Calling the
 * approval service as well lets nobody respond once the caller knows.
 */
export async function endWithdrawn({ bus, logger }: GatewayContext, caller: Caller, body: string): Promise<string> {
  const { request_id, user_id, mission } = JSON.parse(body) as WithdrawnInputRequest;
  try {
    const input = { request_id, mission_id: mission.id, user_id };
    await bus.request(cancelInputRequest, { caller, input }, { timeoutMs: CALL_MS });
  } catch (error) {
    logger.warn(
      { err: error, request_id },
      'the approval service was not called; the event will end the input request',
    );
  }
  return body;
}
