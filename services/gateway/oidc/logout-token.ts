import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { Problem } from '@missions/contracts/errors.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { algorithms, TOLERANCE_SECONDS } from '../http/tokens.ts';
import type { LoggedOut } from '../sessions/sessions.ts';
import type { SignInProvider } from './provider.ts';

export type VerifyLogout = (token: string) => Promise<LoggedOut>;

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LONGEST_SECONDS = 600;

/**
 * Verifies a logout token (OpenID Connect Back-Channel Logout section 2.6). It may come twice: it ends no session that
 * began after it was made, so that there is nothing to remember.
 * @throws Problem VALIDATION_FAILED, UNAVAILABLE
 */
export function logoutVerifier(provider: SignInProvider, clientId: string, clock: Pick<Clock, 'now'>): VerifyLogout {
  let keys: { readonly uri: string; readonly set: ReturnType<typeof createRemoteJWKSet> } | undefined;
  return async (token) => {
    const { issuer, jwks_uri } = await provider.metadata();
    if (keys?.uri !== jwks_uri)
      keys = { uri: jwks_uri, set: createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: 3_000 }) };
    const { payload, protectedHeader } = await jwtVerify(token, keys.set, {
      algorithms,
      issuer,
      audience: clientId,
      requiredClaims: ['iat', 'jti', 'events'],
      clockTolerance: TOLERANCE_SECONDS,
      maxTokenAge: LONGEST_SECONDS,
      currentDate: clock.now(),
    }).catch(refuse);
    const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '') ?? 'jwt';
    if (type !== 'logout+jwt' && type !== 'jwt') throw wrong('is of another type');
    return loggedOut(payload);
  };
}

function loggedOut(payload: JWTPayload): LoggedOut {
  const { sub = null, sid = null, iat = 0, events, nonce } = payload as JWTPayload & Record<string, unknown>;
  if (nonce !== undefined) throw wrong('has a nonce: it is an ID token');
  const event = events !== null && typeof events === 'object' ? (events as Record<string, unknown>)[EVENT] : undefined;
  if (event === null || typeof event !== 'object') throw wrong('does not say that it logs somebody out');
  if ((sid !== null && typeof sid !== 'string') || (sub !== null && typeof sub !== 'string') || (sid ?? sub) === null)
    throw wrong('names neither a session nor a user');
  return { sid: sid as string | null, sub, at: iat };
}

const wrong = (what: string): Problem => new Problem('VALIDATION_FAILED', `This logout token ${what}.`);

function refuse(error: unknown): never {
  const isProviders =
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC');
  if (error instanceof errors.JOSEError && !isProviders) throw wrong('is not valid here');
  throw new Problem('UNAVAILABLE', 'The identity provider cannot be asked just now. Try again.');
}
