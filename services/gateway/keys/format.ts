import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * `mak_<key id>_<secret>`: people and secret scanners recognise a key by the prefix, the id finds the row, and the
 * secret of 256 random bits proves the key.
 */
const SHAPE = /^mak_([0-9a-f]{32})_([\w-]{43})$/;

export interface PresentedKey {
  readonly id: string;
  readonly secret: string;
}

export const looksLikeKey = (token: string): boolean => token.startsWith('mak_');

export function parseKey(token: string): PresentedKey | undefined {
  const [, hex, secret] = SHAPE.exec(token) ?? [];
  if (hex === undefined || secret === undefined) return undefined;
  return { id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), secret };
}

export const newSecret = (): string => randomBytes(32).toString('base64url');
export const formatKey = (id: string, secret: string): string => `mak_${id.replaceAll('-', '')}_${secret}`;
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
export const matches = (secret: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash));
