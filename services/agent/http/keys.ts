import { hash, timingSafeEqual } from 'node:crypto';
import { Problem } from '@missions/contracts/errors.ts';

/** Checks `Authorization: Bearer <key>`. @throws Problem UNAUTHENTICATED */
export type CheckKey = (authorization: string | undefined) => void;

const DIGEST = /^sha256:([0-9a-f]{64})$/i;

/**
 * Checks the keys of those who may chat.
 * @param list comma-separated keys, or `sha256:<hex>` of keys. Digests are compared in constant time; a digest has the
 * same length whatever was sent.
 */
export function keyCheck(list: string): CheckKey {
  const known = list
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const [, hex] = DIGEST.exec(one) ?? [];
      return hex === undefined ? digest(one) : Buffer.from(hex, 'hex');
    });
  return (authorization) => {
    const [, key] = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '') ?? [];
    if (key === undefined) throw new Problem('UNAUTHENTICATED', 'Send the key as Authorization: Bearer <key>.');
    const sent = digest(key);
    // The key is compared with all digests, so that the time does not tell which one matched.
    if (!known.map((one) => timingSafeEqual(one, sent)).includes(true))
      throw new Problem('UNAUTHENTICATED', 'This key is not known.');
  };
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
