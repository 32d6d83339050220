import type { Static } from 'typebox';
import {
  cancelInputRequest,
  ensureInputRequest,
  type InputRequestFilter,
  unknownInputRequests,
} from '@missions/contracts/approval/requests.ts';
import type { InputRequest } from '@missions/contracts/approval/input-request.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { findQuestion, openQuestions } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { blockerReference } from '@missions/contracts/waits.ts';
import type { Reply } from '@missions/messaging/request.ts';
import { delegatorsOf } from './delegations.ts';
import type { GatewayContext } from './register-operation.ts';

/**
 * The mission service decides that a question is asked, and that its mission no longer waits for it. The approval
 * service learns of both by events, and usually sooner by the short ways. While it has not, a call that would show it
 * finds out here, and tells the approval service what it lacks: nobody reads that a question is not there, and once
 * the caller knows that a wait has ended, no answer is accepted. An answer itself costs no further call.
 */
type Gateway = Pick<GatewayContext, 'bus' | 'logger'>;

export interface Question {
  readonly request_id: string;
  /** Undefined if the caller, who is a user, does not name it. */
  readonly mission_id?: string;
}

type Found = Static<typeof findQuestion.output>;

const CALL_MS = 2_000;

/** Executes a call about a question, and once more if the approval service had not heard of the question yet. */
export async function onceKnown(
  gateway: Gateway,
  caller: Caller,
  question: Question,
  request: () => Promise<Reply>,
): Promise<Reply> {
  try {
    return await request();
  } catch (error) {
    if (!isUnknown(error) || (await handOver(gateway, caller, question)) === undefined) throw error;
    return await request();
  }
}

/**
 * A page of questions, with those that the approval service has not heard of. It is read again whenever missions wait
 * for questions that it lacks: between its reading and the search it may have heard of them. Later pages go on from a
 * first one, which has brought them all.
 */
export async function withUnheard(
  gateway: Gateway,
  caller: Caller,
  { status, mission_id, cursor }: InputRequestFilter,
  request: () => Promise<Reply>,
): Promise<Reply> {
  if (cursor !== undefined || (status && !status.includes('pending'))) return await request();
  const [page, open] = await Promise.all([request(), openOf(gateway, caller, mission_id)]);
  const shown = new Set(page.json<{ input_requests: InputRequest[] }>().input_requests.map(({ id }) => id));
  const request_ids = open.filter((id) => !shown.has(id));
  if (request_ids.length === 0) return page;
  const input = { request_ids };
  const lacking = await gateway.bus.request(unknownInputRequests, { caller, input }, { timeoutMs: CALL_MS });
  const unheard = lacking.json<typeof input>().request_ids;
  await Promise.all(unheard.map((request_id) => handOver(gateway, caller, { request_id })));
  return await request();
}

/** Without the mission service's word, the list is as the approval service has it. */
async function openOf({ bus, logger }: Gateway, caller: Caller, mission_id: string | undefined): Promise<string[]> {
  const input = { ...(mission_id !== undefined && { mission_id }) };
  try {
    const open = await bus.request(openQuestions, { caller, input }, { timeoutMs: CALL_MS });
    return open.json<{ request_ids: string[] }>().request_ids;
  } catch (error) {
    logger.warn({ err: error }, 'the mission service was not asked which questions are open');
    return [];
  }
}

export interface Waiting {
  readonly id: string;
  /** Those that are open. */
  readonly blockers: readonly { readonly key: string }[];
  readonly omitted?: { readonly blockers?: number };
}

/**
 * The listed questions of a mission, as the mission that was read before says it: without those that it no longer waits
 * for, and, unless the list was cut, with those that it waits for already.
 */
export async function asAwaited(
  gateway: Gateway,
  caller: Caller,
  { id: mission_id, blockers, omitted }: Waiting,
  { entries: listed, isCut }: { readonly entries: readonly InputRequest[]; readonly isCut: boolean },
): Promise<InputRequest[]> {
  if (omitted?.blockers) return [...listed];
  const awaited = new Set(blockers.flatMap(({ key }) => blockerReference('human_input', key) ?? []));
  const unheard = isCut ? [] : [...awaited.values()].filter((id) => !listed.some((request) => request.id === id));
  const added = await Promise.all(unheard.map((request_id) => handOver(gateway, caller, { request_id, mission_id })));
  const unawaited = listed.filter(({ id, status }) => status === 'pending' && !awaited.has(id));
  const over = await endOver(gateway, caller, mission_id, unawaited);
  return [
    ...added.filter((request) => request?.status === 'pending').map((request) => request as InputRequest),
    ...listed.filter(({ id }) => !over.has(id)),
  ];
}

/** Ends those of the questions that their mission no longer waits for. @returns their ids. */
async function endOver(
  gateway: Gateway,
  caller: Caller,
  mission_id: string,
  questions: readonly InputRequest[],
): Promise<Set<string>> {
  const over = new Set<string>();
  await Promise.all(
    questions.map(async (request) => {
      const { wait } = await find(gateway, caller, { request_id: request.id, mission_id });
      if (wait !== 'over') return;
      await end(gateway, caller, request);
      over.add(request.id);
    }),
  );
  return over;
}

const isUnknown = (error: unknown): boolean => error instanceof Problem && error.code === 'INPUT_REQUEST_NOT_FOUND';

async function find(
  { bus }: Gateway,
  caller: Caller,
  input: Question & { readonly content?: boolean; readonly delegators?: string[] },
): Promise<Found> {
  return (await bus.request(findQuestion, { caller, input }, { timeoutMs: CALL_MS })).json<Found>();
}

/** Among the questions of those for whom the caller answers. */
async function findForOthers(gateway: Gateway, caller: Caller, input: Question): Promise<Found> {
  const delegators = await delegatorsOf(gateway, caller);
  return delegators.length === 0
    ? { wait: 'none', asked: null }
    : await find(gateway, caller, { ...input, delegators });
}

/**
 * Brings the approval service a question that it does not know. Undefined if the mission service knows none either.
 * @throws Problem UNAVAILABLE while that cannot be done.
 */
async function handOver(gateway: Gateway, caller: Caller, question: Question): Promise<InputRequest | undefined> {
  const content = { ...question, content: true };
  const own = await find(gateway, caller, content);
  const { wait, asked } = own.wait === 'none' ? await findForOthers(gateway, caller, content) : own;
  if (wait === 'none') return undefined;
  if (asked === null)
    throw new Problem('UNAVAILABLE', 'This question is on its way to the approval service. Try again in a moment.');
  const reply = await gateway.bus.request(ensureInputRequest, { caller, input: asked }, { timeoutMs: CALL_MS });
  if (wait === 'over') await end(gateway, caller, asked);
  return reply.json<InputRequest>();
}

/** What the event of the wait's end does. */
async function end(
  { bus }: Gateway,
  caller: Caller,
  { id: request_id, mission_id, user_id }: Pick<InputRequest, 'id' | 'mission_id' | 'user_id'>,
): Promise<void> {
  const input = { request_id, mission_id, user_id };
  await bus.request(cancelInputRequest, { caller, input }, { timeoutMs: CALL_MS });
}
