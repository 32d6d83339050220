import type { EventEnvelope } from '@missions/contracts/event.ts';
import { isSame, mac } from './caller-proof.ts';

/**
 * Seal of an event: an HMAC with a key that only its publisher and the service that acts on it have, over the envelope
 * and the bytes of the data. It is made when the relay publishes, so that a row of the outbox from before a restart or
 * a rotation gets the key of today.
 */
export const sealOf = (keys: readonly string[], event: EventEnvelope, body: Uint8Array | string): string =>
  `1;${mac(keys[0] ?? '', sealed(event), body)}`;

/** Whether one of the keys has made the seal for this event. */
export function isSealed(
  keys: readonly string[],
  event: EventEnvelope,
  { body, seal = '' }: { body: Uint8Array; seal?: string | undefined },
): boolean {
  const [version, given = ''] = seal.split(';');
  return version === '1' && keys.some((key) => isSame(mac(key, sealed(event), body), given));
}

/** JSON, because ids chosen by callers may contain any separator. */
const sealed = ({ id, type, source, time, customer_id, user_id, mission_id, version, index }: EventEnvelope): string =>
  `${JSON.stringify(['event 1', id, type, source, time, customer_id, user_id, mission_id, version, index])}\n`;
