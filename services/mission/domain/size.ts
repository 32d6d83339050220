import { type Refusal, Refused } from './decision.ts';
import type { Mission } from './state.ts';

/**
 * The largest mission, with its tasks and waits, in bytes of JSON. A mission is loaded, sent and shown whole, and a
 * NATS message carries at most 8 MB: a mission that could no longer be read must not be written.
 */
export const MAX_MISSION_BYTES = 3_000_000;
/**
 * The share that callers may fill. The rest is reserved for responses, replies and signals, so that a full mission can
 * still receive them.
 */
export const MAX_CALLERS_BYTES = 2_500_000;

/** Refuses a mission of more than `most` bytes with `VALIDATION_FAILED`; undefined if the mission fits. */
export function refuseOversized(mission: Mission, most: number): Refusal | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(mission));
  if (bytes <= most) return undefined;
  const detail =
    `Mission ${mission.id} and its tasks may have ${most} bytes in all, and this change would make them ${bytes}. ` +
    'Keep large texts elsewhere, and refer to them.';
  return new Refused('VALIDATION_FAILED', detail, {
    errors: [{ path: '', message: `would make the mission larger than ${most} bytes` }],
  }).refusal;
}
