import type { Static } from 'typebox';
import { cancelInputRequest, ensureInputRequest, getInputRequest } from '@missions/contracts/approval/requests.ts';
import type { InputRequest } from '@missions/contracts/approval/input-request.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { findQuestion } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { blockerReference } from '@missions/contracts/waits.ts';
import type { Reply } from '@missions/messaging/request.ts';
import type { GatewayContext } from './register-operation.ts';

/**
 * The mission service decides that a question is asked, and that its mission no longer waits for it. The approval
 * service learns of both by events, and usually sooner by the short ways. While it has not, a call about the question
 * finds out here, and tells the approval service what it lacks: no caller reads that a question is not there, or may
 * be answered still, when the mission knows better.
 */
type Gateway = Pick<GatewayContext, 'bus' | 'logger'>;

export interface Question {
  readonly request_id: string;
  /** Undefined if the caller, who is a user, does not name it. */
  readonly mission_id?: string;
}

type Found = Static<typeof findQuestion.output>;

const CALL_MS = 2_000;
/** An answer waits so long for a mission service that stands still; the event then decides. */
const CHECK_MS = 1_000;

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

/** Executes a user's answer, unless its mission no longer waits for it: then the approval service refuses it. */
export async function ifAwaited(
  gateway: Gateway,
  caller: Caller,
  question: Question,
  request: () => Promise<Reply>,
): Promise<Reply> {
  let over: InputRequest | undefined;
  try {
    over = await endedElsewhere(gateway, caller, question);
  } catch (error) {
    gateway.logger.warn({ err: error, ...question }, 'an answer is accepted although its mission could not be asked');
  }
  if (over) await end(gateway, caller, over);
  return await onceKnown(gateway, caller, question, request);
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
  const stand = await Promise.all(
    listed.map(async (request) => {
      if (request.status !== 'pending' || awaited.has(request.id)) return true;
      const { wait } = await find(gateway, caller, { request_id: request.id, mission_id }, CALL_MS);
      if (wait === 'over') await end(gateway, caller, request);
      return wait !== 'over';
    }),
  );
  return [
    ...added.filter((request) => request?.status === 'pending').map((request) => request as InputRequest),
    ...listed.filter((_request, index) => stand[index]),
  ];
}

const isUnknown = (error: unknown): boolean => error instanceof Problem && error.code === 'INPUT_REQUEST_NOT_FOUND';

async function find(
  { bus }: Gateway,
  caller: Caller,
  input: Question & { readonly content?: boolean },
  timeoutMs: number,
): Promise<Found> {
  return (await bus.request(findQuestion, { caller, input }, { timeoutMs })).json<Found>();
}

/**
 * Brings the approval service a question that it does not know. Undefined if the mission service knows none either.
 * @throws Problem UNAVAILABLE while that cannot be done.
 */
async function handOver(gateway: Gateway, caller: Caller, question: Question): Promise<InputRequest | undefined> {
  const { wait, asked } = await find(gateway, caller, { ...question, content: true }, CALL_MS);
  if (wait === 'none') return undefined;
  if (asked === null)
    throw new Problem('UNAVAILABLE', 'This question is on its way to the approval service. Try again in a moment.');
  const reply = await gateway.bus.request(ensureInputRequest, { caller, input: asked }, { timeoutMs: CALL_MS });
  if (wait === 'over') await end(gateway, caller, asked);
  return reply.json<InputRequest>();
}

/** The question, if the approval service takes it for pending and its mission no longer waits for it. */
async function endedElsewhere(gateway: Gateway, caller: Caller, question: Question): Promise<InputRequest | undefined> {
  if ((await find(gateway, caller, question, CHECK_MS)).wait === 'open') return undefined;
  // One that is over is found by its mission only, which the approval service knows.
  const known = await gateway.bus.request(getInputRequest, { caller, input: question }).catch((error: unknown) => {
    if (isUnknown(error)) return undefined;
    throw error;
  });
  const request = known?.json<InputRequest>();
  if (request?.status !== 'pending') return undefined;
  const { mission_id } = request;
  const { wait } = await find(gateway, caller, { ...question, mission_id }, CHECK_MS);
  return wait === 'over' ? request : undefined;
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
