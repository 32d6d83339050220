import type { Static } from 'typebox';
import type { AskedInputRequest, InputRequest } from '@missions/contracts/approval/input-request.ts';
import {
  type AnsweredInputRequest,
  cancelInputRequest,
  ensureInputRequest,
  type SealedEvent,
} from '@missions/contracts/approval/requests.ts';
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
 * @returns the question as it stands then: a rule of its user may have answered it.
 */
export async function deliverAsked(
  gateway: GatewayContext,
  caller: Caller,
  asked: AskedInputRequest,
): Promise<InputRequest | undefined> {
  const { bus, logger } = gateway;
  try {
    const reply = await bus.request(ensureInputRequest, { caller, input: asked }, { timeoutMs: CALL_MS });
    const { outcome, ...ensured } = reply.json<AnsweredInputRequest>();
    if (outcome) await deliverOutcome(gateway, caller, outcome);
    return ensured;
  } catch (error) {
    logger.warn(
      { err: error, request_id: asked.id },
      'the approval service was not called; the event will deliver the input request',
    );
    return undefined;
  }
}

/** A question whose wait the mission service has ended. */
type EndedQuestion = Static<typeof cancelInputRequest.input>;

/**
 * The same for the questions that the creation or a change of a mission asked by itself (what an agent may only propose,
 * specification section 8 "Life cycle") or ended: nobody's answer is accepted once the caller knows of the end. Returns
 * the body as its caller is shown it.
 */
export async function deliverQuestionsOf(gateway: GatewayContext, caller: Caller, body: string): Promise<string> {
  if (!['"asked":[', '"ended":[', '"input_requests":[{'].some((part) => body.includes(part))) return body;
  const { asked, ended, ...shown } = JSON.parse(body) as {
    readonly asked?: AskedInputRequest[];
    readonly ended?: EndedQuestion[];
    readonly input_requests?: AskedInputRequest[] | null;
  };
  await Promise.all((ended ?? []).map((question) => deliverEnd(gateway, caller, question)));
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

/** The same for a question that was taken back. */
export async function endWithdrawn(gateway: GatewayContext, caller: Caller, body: string): Promise<string> {
  const { request_id, user_id, mission } = JSON.parse(body) as WithdrawnInputRequest;
  await deliverEnd(gateway, caller, { request_id, mission_id: mission.id, user_id });
  return body;
}

async function deliverEnd({ bus, logger }: GatewayContext, caller: Caller, input: EndedQuestion): Promise<void> {
  try {
    await bus.request(cancelInputRequest, { caller, input }, { timeoutMs: CALL_MS });
  } catch (error) {
    logger.warn(
      { err: error, request_id: input.request_id },
      'the approval service was not called; the event will end the input request',
    );
  }
}
