import { approvalApproved, approvalOutcomes } from '@missions/contracts/approval/events.ts';
import {
  cancelInputRequest,
  confirmOutcome,
  ensureInputRequest,
  getInputRequest,
  listDecisions,
  listInputRequests,
  receiptKeys,
  respondInputRequest,
  unknownInputRequests,
  verifyReceipt as verifyReceiptRequest,
  type SealedEvent,
} from '@missions/contracts/approval/requests.ts';
import { byCaller, type IntendedDeed } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { noCursor, timePositionOf } from '@missions/persistence/cursor.ts';
import { recordRefusal } from '@missions/persistence/audit/refusals.ts';
import { replay } from '@missions/persistence/idempotency.ts';
import { erasedAmong } from '@missions/persistence/tombstones.ts';
import { autocommit, transaction } from '@missions/persistence/transaction.ts';
import { verifyReceipt } from '@missions/receipts/verify.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { ask } from '../commands/ask.ts';
import { type Context, executeCommand, problemOf, shown } from '../commands/execute-command.ts';
import { notFound } from '../domain/decide.ts';
import { type Delegated, hasAnswered, placeOf } from '../domain/answerers.ts';
import { cameTo, hasApproval, type State } from '../domain/state.ts';
import { delegationEndpoints } from './delegations.ts';
import { ruleEndpoints } from './rules.ts';
import type { UserKey } from '../store/approval-rules.ts';
import { delegatorsOf } from '../store/delegations.ts';
import { listDecisions as decisionsOf } from '../store/read-decisions.ts';
import { publicKeys } from '../store/receipt-keys.ts';
import { decodeCursor, listRequests, readRequest, unknownAmong } from '../store/read-requests.ts';

export const approvalEndpoints = (context: Context): Endpoint[] => [
  ensure(context),
  get(context),
  list(context),
  unknown(context),
  decisions(context),
  respond(context),
  cancel(context),
  confirm(context),
  keys(context),
  verify(context),
  ...ruleEndpoints(context),
  ...delegationEndpoints(context),
];

/**
 * Does what the event `mission.input_requested` does, before the asker is answered, so that the asker reads its own
 * write. Whichever arrives first has the effect; both are answered with the request as it stands, which may already be
 * answered or cancelled.
 */
const ensure = (context: Context) =>
  endpoint(ensureInputRequest, async ({ caller, input: question }) => {
    const { user_id } = caller;
    const people = [question.user_id, ...(question.assignees ?? []), question.escalate_to];
    const isOfCaller =
      question.customer_id === caller.customer_id &&
      (user_id === null || people.includes(user_id) || (await answersForAny(context, { ...caller, user_id }, people)));
    if (!isOfCaller) {
      throw new Problem(
        'FORBIDDEN',
        `Input request ${question.id} belongs to another customer or user than the caller.`,
      );
    }
    context.admit();
    const { mission_id } = question;
    const body = await transaction(context.db, async (tx) => {
      if ((await erasedAmong(tx, [mission_id])).size > 0) {
        throw new Problem('MISSION_NOT_FOUND', `Mission ${mission_id} of this input request was erased.`);
      }
      const { request, events } = await ask(tx, context, question);
      return { ...shown(request), ...outcomeOf(context, events) };
    });
    context.askedHere.remember(question);
    return { body };
  });

/** Whoever answers for one of the people may bring the question that the delegate was told of. */
async function answersForAny(
  { db, clock }: Context,
  caller: UserKey,
  people: readonly (string | null | undefined)[],
): Promise<boolean> {
  return (await delegatorsOf(autocommit(db), caller, dueBy(clock))).some((one) => people.includes(one));
}

/**
 * By id within the customer; of the caller's user and mission, if the caller names them. Who names a mission reads as its
 * user, who is asked alone.
 */
const get = ({ db, clock }: Context) =>
  endpoint(getInputRequest, async ({ caller: { customer_id, user_id }, input }) => {
    const found = await readRequest(autocommit(db), customer_id, input.request_id, dueBy(clock));
    const { request } = found;
    const isTheirs =
      request !== null &&
      (user_id === null || request.user_id === user_id || isShownTo(found, user_id, input.mission_id)) &&
      (input.mission_id === undefined || request.mission_id === input.mission_id.toLowerCase());
    if (!isTheirs || request.status === 'withdrawn') throw new Problem('INPUT_REQUEST_NOT_FOUND', notFound);
    return { body: shown(request) };
  });

const isShownTo = (
  {
    at,
    request,
    delegations,
  }: { readonly at: string; readonly request: State; readonly delegations: readonly Delegated[] },
  userId: string,
  missionId: string | undefined,
): boolean =>
  request !== null &&
  request.status !== 'withdrawn' &&
  missionId === undefined &&
  (placeOf(request, userId, at, delegations) !== null || hasAnswered(request, userId));

/** The requests of a user, or, for a caller that names no user, of a mission; never all of a customer's. */
const list = ({ db, clock }: Context) =>
  endpoint(listInputRequests, async ({ caller: { customer_id, user_id }, input }) => {
    if (user_id === null && input.mission_id === undefined) {
      throw new Problem('VALIDATION_FAILED', 'user_id: name the user, or the mission, whose input requests to list.', {
        errors: [{ path: 'user_id', message: 'is required without mission_id' }],
      });
    }
    const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor);
    if (after === null) throw noCursor();
    return { body: await listRequests(autocommit(db), { customer_id, user_id }, input, after, dueBy(clock)) };
  });

const unknown = ({ db }: Context) =>
  endpoint(unknownInputRequests, async ({ caller: { customer_id }, input }) => ({
    body: { request_ids: await unknownAmong(autocommit(db), customer_id, input.request_ids) },
  }));

const decisions = ({ db }: Context) =>
  endpoint(listDecisions, async ({ caller: { customer_id, user_id }, input: { cursor, limit } }) => {
    if (user_id === null)
      throw new Problem('VALIDATION_FAILED', 'user_id: say whose decisions to list.', {
        errors: [{ path: 'user_id', message: 'is required' }],
      });
    const after = cursor === undefined ? undefined : timePositionOf(cursor);
    return { body: await decisionsOf(autocommit(db), { customer_id, user_id }, limit, after) };
  });

/**
 * Two round trips: one read, then one statement for the response, its events and its idempotency key. The key is not
 * looked up beforehand: the second call under a key is refused, because the request is answered by then, and gets the
 * first call's result instead.
 */
const respond = (context: Context) =>
  endpoint(respondInputRequest, async ({ caller, idempotency, input: { request_id, mission_id, answer, via } }) => {
    context.admit();
    const { kind, customer_id, user_id, signed_in } = caller;
    const by = { kind, customer_id, user_id, signed_in };
    const deed: IntendedDeed = {
      customer_id,
      by: byCaller(caller),
      action: 'input_request.responded',
      target: { kind: 'input_request', id: request_id.toLowerCase() },
      mission_id: mission_id?.toLowerCase() ?? null,
    };
    try {
      const { decision, events, request } = await executeCommand(autocommit(context.db), context, {
        customer_id,
        id: request_id,
        command: (at) => ({
          type: 'Respond',
          answer,
          by,
          via: via ?? 'api',
          mission_id: mission_id?.toLowerCase() ?? null,
          at,
        }),
        idempotency,
        deed,
      });
      if (decision.kind === 'refused') throw problemOf(decision);
      return { body: { ...shown(request), ...outcomeOf(context, events) }, replayed: false };
    } catch (error) {
      const stored = await replay(context.db, idempotency, error).catch(async (refused: unknown) => {
        await recordRefusal(context.db, [deed], refused);
        throw refused;
      });
      return { ...stored, replayed: true };
    }
  });

/** The event that tells the mission, as the relay will publish it. */
function outcomeOf({ seal }: Context, events: readonly EventEnvelope[]): { outcome?: SealedEvent } {
  const responded = events.find(({ type }) => type === approvalOutcomes.responded || type === approvalApproved);
  if (!responded) return {};
  const { data, traceparent: _trace, ...event } = responded;
  const body = JSON.stringify(data);
  return { outcome: { event, body, seal: seal(responded, body) } };
}

/**
 * The mission no longer waits, as its event says too. A caller that took the question back finds it over when it is
 * answered.
 */
const cancel = (context: Context) =>
  endpoint(cancelInputRequest, async ({ caller: { customer_id }, input: { request_id, mission_id, user_id } }) => {
    const of = { id: request_id.toLowerCase(), customer_id, user_id, mission_id: mission_id.toLowerCase() };
    await transaction(context.db, (tx) =>
      executeCommand(tx, context, { customer_id, id: of.id, command: (at) => ({ type: 'Cancel', of, at }) }),
    );
    return { body: {} };
  });

/** Asked by the mission service about an event that bears no seal of this service. */
const confirm = ({ db, clock }: Context) =>
  endpoint(
    confirmOutcome,
    async ({ caller: { customer_id }, input: { request_id, mission_id, response, approval } }) => {
      const { request } = await readRequest(autocommit(db), customer_id, request_id, dueBy(clock));
      const isSo = request !== null && (approval ? hasApproval(request, approval) : cameTo(request, response));
      return { body: { confirmed: isSo && request.mission_id === mission_id.toLowerCase() } };
    },
  );

const keys = ({ db }: Context) => endpoint(receiptKeys, async () => ({ body: await publicKeys(autocommit(db)) }));

/** Of a receipt of the caller's own customer and user; of another's nothing is said. */
const verify = ({ db }: Context) =>
  endpoint(verifyReceiptRequest, async ({ caller: { customer_id, user_id }, input: { receipt, action } }) => {
    const verdict = await verifyReceipt(receipt, action, await publicKeys(autocommit(db)));
    const { claims } = verdict;
    if (!claims) return { body: verdict };
    const other = (whose: string) => ({ body: { approved: false, reason: `This receipt is of another ${whose}.` } });
    if (claims.customer_id !== customer_id) return other('customer');
    const people = [claims.responded_by, claims.on_behalf_of, ...(claims.approved_by ?? []).map((one) => one.user_id)];
    const isTheirs = user_id === null || people.includes(user_id);
    return isTheirs ? { body: verdict } : other('user');
  });
