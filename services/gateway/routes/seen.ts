import { noteSeen } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { GatewayContext } from './register-operation.ts';

const TELL_MS = 5_000;

/**
 * A person has looked at questions: the notifier mails nobody what they have seen. The caller does not wait for it; if
 * it is lost, a mail too many is sent.
 */
export function tellSeen(
  { bus, logger }: Pick<GatewayContext, 'bus' | 'logger'>,
  caller: Caller,
  request_ids: readonly string[],
): void {
  // A backend that reads for its user has shown nothing yet.
  if (caller.kind !== 'user' || request_ids.length === 0) return;
  bus
    .request(noteSeen, { caller, input: { request_ids: [...request_ids] } }, { timeoutMs: TELL_MS })
    .catch((error: unknown) => logger.debug({ err: error }, 'the notifier was not told what a user has seen'));
}
