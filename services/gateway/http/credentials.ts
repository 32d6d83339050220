import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@missions/contracts/errors.ts';

/** What a credential says of its bearer, before the request names user and agent. */
export interface Principal {
  readonly kind: 'service';
  /** Names the credential without revealing it. */
  readonly credential: string;
}

export type Authenticate = (headers: IncomingHttpHeaders) => Principal;

/**
 * `Authorization: Bearer <HUB_SERVICE_SECRET>`: the trusted backend (SPEC section 5 "Who may call"). Digests are compared, in constant time:
 * they have one length whatever was sent.
 */
export function serviceSecret(secret: string): Authenticate {
  const expected = digest(secret);
  return ({ authorization }) => {
    const [, token] = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) throw new Problem('UNAUTHENTICATED', 'Send the credential as Authorization: Bearer <credential>.');
    if (!timingSafeEqual(digest(token), expected)) throw new Problem('UNAUTHENTICATED', 'This credential is not known.');
    return { kind: 'service', credential: 'service' };
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
