import { setTimeout as pause } from 'node:timers/promises';
import type { RequestedMail, TrackedEmail } from '@missions/contracts/email/email.ts';
import { ensureEmail } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/** How long the hand-over may take before the sender is answered without it: the event does it then. */
const HAND_OVER_MS = 4_000;
const PAUSE_MS = 100;

/**
 * The mission service has committed the mail with its event, which is the guarantee; handing it over here as well lets the sender read its own
 * write at once, and gives it the Message-ID. A bridge that is just being restarted is asked again. undefined: it was not to be had.
 * @throws {Problem} what the bridge refuses.
 */
export async function ensureDelivered(
  { bus, logger }: { bus: Pick<Bus, 'request'>; logger: Logger },
  caller: Caller,
  mail: RequestedMail,
): Promise<TrackedEmail | undefined> {
  const until = performance.now() + HAND_OVER_MS;
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
        logger.warn({ err: error, mail_id: mail.id }, 'a mail was not handed over; its event will do it');
        return undefined;
      }
      await pause(PAUSE_MS);
    }
  }
}
