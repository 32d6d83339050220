import type { InputRequestStatus } from '@missions/contracts/approval/input-request.ts';
import { listInputRequests } from '@missions/contracts/approval/requests.ts';
import { listEmailsOfMission } from '@missions/contracts/email/requests.ts';
import {
  completeContext,
  type CompletedContext,
  completeContextText,
  contextInputRequests,
  type ContextPart,
  emailsPart,
  type FetchedPart,
  inputRequestsPart,
  MAX_INPUT_REQUESTS,
  type PartFetchers,
} from '@missions/contracts/mission/resume-context.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { Reply } from '@missions/messaging/request.ts';
import { withUnheardEmails } from '../emails/known-emails.ts';
import { missionId } from './ids.ts';
import { asAwaited, type Waiting } from './known-questions.ts';
import type { GatewayContext, ResponseMapper } from './register-operation.ts';

/**
 * Completes the context of a run that is already granted: the lease is running and is not wasted on lists that the
 * agent can read itself. A part that could not be read is named in `missing`, and its list is empty.
 */
export const completeGrantedContext = <Context extends object>(
  gateway: GatewayContext,
  caller: Caller,
  mission_id: string,
  context: Context,
): Promise<CompletedContext<Context>> =>
  completeContext(context, contextParts(gateway, caller, mission_id, context), (part, error) =>
    gateway.logger.warn({ err: error, mission_id, part }, 'a run is granted without a part of its context'),
  );

/**
 * Completes a resume context. The mission has gone on in the caller's conversation by then, and the caller is told so:
 * a part that could not be read is named in `missing`, and its list is empty.
 */
export const withContext =
  (gateway: GatewayContext): ResponseMapper =>
  (reply, { caller, params }) => {
    const mission_id = missionId(params);
    return completeContextText(
      reply.body,
      contextParts(gateway, caller, mission_id, reply),
      withoutPart(gateway, mission_id),
    );
  };

/**
 * Puts a mission's input requests with one of these statuses into the mission's representation. Fails if they cannot be
 * read; the caller can then repeat the call.
 */
export const withInputRequests =
  (gateway: GatewayContext, status: InputRequestStatus[]): ResponseMapper =>
  (reply, { caller, params }) =>
    completeContextText(reply.body, {
      input_requests: () =>
        fetchInputRequests(
          gateway,
          caller,
          { mission_id: missionId(params), status, limit: MAX_INPUT_REQUESTS },
          reply,
        ),
    });

/**
 * The same after a change, which is committed: its caller is told so. Input requests that could not be read are named in
 * `missing`, and their list is empty.
 */
export const withReadableInputRequests =
  (gateway: GatewayContext, status: InputRequestStatus[]): ResponseMapper =>
  (reply, { caller, params }) => {
    const mission_id = missionId(params);
    const fetchers = {
      input_requests: () =>
        fetchInputRequests(gateway, caller, { mission_id, status, limit: MAX_INPUT_REQUESTS }, reply),
    };
    return completeContextText(reply.body, fetchers, withoutPart(gateway, mission_id));
  };

const withoutPart =
  ({ logger }: GatewayContext, mission_id: string) =>
  (part: ContextPart, error: unknown): void =>
    logger.warn({ err: error, mission_id, part }, 'a change is answered without a part of its mission');

const contextParts = (
  gateway: GatewayContext,
  caller: Caller,
  mission_id: string,
  of: Reply | object,
): PartFetchers => ({
  input_requests: () => fetchInputRequests(gateway, caller, contextInputRequests(mission_id), of),
  emails: async () => {
    const request = () => gateway.bus.request(listEmailsOfMission, { caller, input: { mission_id } });
    const mission = of instanceof Reply ? of.json<object>() : of;
    return emailsPart(await withUnheardEmails(gateway, caller, mission_id, mission, request));
  },
});

/** @param of the representation that is completed: it says which questions the mission waits for. */
async function fetchInputRequests(
  gateway: GatewayContext,
  caller: Caller,
  input: ReturnType<typeof contextInputRequests>,
  of: Reply | object,
): Promise<FetchedPart> {
  const part = inputRequestsPart(await gateway.bus.request(listInputRequests, { caller, input }));
  const { blockers = [], omitted } = (of instanceof Reply ? of.json<object>() : of) as Partial<Waiting>;
  const mission = { id: input.mission_id, blockers, ...(omitted && { omitted }) };
  const entries = await asAwaited(gateway, caller, mission, { ...part, isCut: part.omitted > 0 });
  return { entries, omitted: part.omitted };
}
