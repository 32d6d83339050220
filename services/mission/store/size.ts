import { Problem } from '@missions/contracts/errors.ts';
import type { Mission } from '../domain/state.ts';

/** A mission is loaded, sent and shown whole, and a message may have 8 MB: what could not be read any more must not be written. */
export const MAX_MISSION_BYTES = 3_000_000;
/** Of these, what callers may fill; the rest is kept for answers, replies and signals, which a mission waits for and must not be too large to hear. */
export const MAX_CALLERS_BYTES = 2_500_000;

/** @throws {Problem} `VALIDATION_FAILED` */
export function refuseOversized(mission: Mission, most: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(mission));
  if (bytes <= most) return;
  const message = `A mission and its tasks may have ${most} bytes in all, and this would make ${bytes}. Keep large texts elsewhere, and refer to them.`;
  throw new Problem('VALIDATION_FAILED', message, {
    errors: [{ path: '', message: `would be larger than ${most} bytes` }],
  });
}
