import { setTimeout as pause } from 'node:timers/promises';
import type { RequestedMail, TrackedEmail } from '@missions/contracts/email/email.ts';
import { ensureEmail } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/**
 * How long the call to the e-mail bridge may take before the sender is answered without it. The event then does the
 * work.
 */
const CALL_MS = 4_000;
const PAUSE_MS = 100;

/**
 * The mission service has committed the e-mail with its event, and the event is the guarantee. Calling the bridge as
 * well lets the sender read its own write at once and learn the Message-ID. A bridge that is restarting is asked again.
 * Returns undefined if the bridge could not be reached in time.
 * @throws Problem with the bridge's refusal.
 */
export async function ensureDelivered(
  { bus, logger }: { bus: Pick<Bus, 'request'>; logger: Logger },
  caller: Caller,
  mail: RequestedMail,
): Promise<TrackedEmail | undefined> {
  const until = performance.now() + CALL_MS;
  for (;;) {
    try {
      const reply = await bus.request(
        ensureEmail,
        { caller, input: mail },
        { timeoutMs: Math.max(until - performance.now(), PAUSE_MS) },
      );
      return reply.json<TrackedEmail>();
    } catch (error) {
      if (!(error instanceof Problem && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT'))) throw error;
      if (performance.now() + PAUSE_MS >= until) {
        logger.warn(
          { err: error, tracking_id: mail.id },
          'the e-mail bridge was not called; the event will deliver the e-mail',
        );
        return undefined;
      }
      await pause(PAUSE_MS);
    }
  }
}
