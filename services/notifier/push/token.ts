import { importJWK, SignJWT } from 'jose';
import type { PushKeys } from './keys.ts';

/** A push service refuses what is valid for more than a day (RFC 8292 section 2), and wants few different ones. */
const VALID_SECONDS = 12 * 3_600;
const RENEWED_SECONDS = 6 * 3_600;

/** The `Authorization` of a message to a push service: who sends, and to which service alone. */
export type Authorise = (origin: string) => Promise<string>;

/** @param contact where a push service reaches the operator: an address of https or mailto */
export function authorising({ publicKey, privateKey }: PushKeys, contact: string, now: () => number): Authorise {
  const key = importJWK(privateKey, 'ES256');
  const kept = new Map<string, { readonly header: string; readonly renewAt: number }>();
  return async (origin) => {
    const seconds = Math.floor(now() / 1_000);
    const known = kept.get(origin);
    if (known && known.renewAt > seconds) return known.header;
    const token = await new SignJWT({ aud: origin, exp: seconds + VALID_SECONDS, sub: contact })
      .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
      .sign(await key);
    const header = `vapid t=${token}, k=${publicKey}`;
    // There are few push services; what a stranger invents must not fill the memory.
    if (kept.size >= 100) kept.clear();
    kept.set(origin, { header, renewAt: seconds + RENEWED_SECONDS });
    return header;
  };
}

/** Apple refuses a contact without a public name; where there is none, its answer says so. */
export function contactOf(publicUrl: string): string {
  const { protocol, hostname, origin } = new URL(publicUrl);
  return protocol === 'https:' ? origin : `mailto:postmaster@${hostname.replace(/^\[.*\]$/, 'localhost')}`;
}
