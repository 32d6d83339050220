import type { Static } from 'typebox';
import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import { type Reach, reachUser } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { GatewayContext } from './register-operation.ts';

/** The question is asked: its asker waits no longer for the notifier than for the other short ways. */
const REACH_MS = 2_000;

/** Where the user of a question can be told of it; undefined if the notifier does not say so in time. */
export async function reachOf(
  { bus, logger }: Pick<GatewayContext, 'bus' | 'logger'>,
  caller: Caller,
  { user_id, id }: Pick<AskedInputRequest, 'user_id' | 'id'>,
): Promise<Static<typeof Reach> | undefined> {
  try {
    const reply = await bus.request(reachUser, { caller: { ...caller, user_id }, input: {} }, { timeoutMs: REACH_MS });
    return reply.json<Static<typeof Reach>>();
  } catch (error) {
    logger.debug({ err: error, request_id: id }, 'the notifier did not say where the user can be told');
    return undefined;
  }
}
