import type { InputRequestStatus } from '@missions/contracts/approval/input-request.ts';
import { listEmailsOfMission } from '@missions/contracts/email/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { GatewayContext, ResponseMapper } from './register-operation.ts';
import { missionId } from './ids.ts';
import { fillInputRequests } from './input-requests.ts';

type Shown = Record<string, unknown>;
const DECIDED: InputRequestStatus[] = ['pending', 'responded', 'expired'];

/** Marks where the mission service says that others keep something, and leaves it to them. */
const MARK = /"(?:input_requests|emails)" ?: ?null/;

/** Puts into a mission's context what other services keep of it, where the mission service says that there is something. */
export async function fillContext(
  edge: GatewayContext,
  caller: Caller,
  mission_id: string,
  context: Shown,
): Promise<Shown> {
  const [{ input_requests }, emails] = await Promise.all([
    fillInputRequests(edge, caller, mission_id, DECIDED, context),
    emailsIn(edge, caller, mission_id, context),
  ]);
  return { ...context, input_requests, emails };
}

/**
 * The same for a run that is granted already: its lease runs, and is not wasted for what the agent can read itself. What could not be had is named,
 * and its list is empty.
 */
export async function fillGranted(
  edge: GatewayContext,
  caller: Caller,
  mission_id: string,
  context: Shown,
): Promise<{ context: Shown; missing?: string[] }> {
  const missing: string[] = [];
  const unlessAway =
    (part: string) =>
    (error: unknown): [] => {
      edge.logger.warn({ err: error, mission_id, part }, 'a run is given out without a part of its context');
      missing.push(part);
      return [];
    };
  const [input_requests, emails] = await Promise.all([
    fillInputRequests(edge, caller, mission_id, DECIDED, context).then(
      (filled) => filled['input_requests'],
      unlessAway('input_requests'),
    ),
    emailsIn(edge, caller, mission_id, context).catch(unlessAway('emails')),
  ]);
  return {
    context: { ...context, input_requests, emails },
    ...(missing.length > 0 && { missing: missing.toSorted() }),
  };
}

/** Only missions that have questions or mail cost further requests, and the parsing. */
export const withContext =
  (edge: GatewayContext): ResponseMapper =>
  async (reply, { caller, params }) =>
    MARK.test(reply.body)
      ? JSON.stringify(await fillContext(edge, caller, missionId(params), reply.json()))
      : reply.body;

const emailsIn = async (
  { bus }: GatewayContext,
  caller: Caller,
  mission_id: string,
  { emails }: Shown,
): Promise<unknown> =>
  emails !== null
    ? emails
    : (await bus.request(listEmailsOfMission, { caller, input: { mission_id } })).json<{ emails: unknown }>().emails;
