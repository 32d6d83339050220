import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyResult,
} from 'jose';
import type { Clock } from '@missions/runtime/clock.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { textFault } from '@missions/contracts/text.ts';
import { claimsOperator } from './operators.ts';
import type { Principal } from './principal.ts';

export interface TokenOptions {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Empty: every user belongs to the default customer. */
  readonly customerClaim: string;
  readonly defaultCustomerId: string;
  /** See `claimsOperator`. */
  readonly operatorClaim?: string | undefined;
}

export type TokenClock = Pick<Clock, 'now'>;

export type VerifyToken = (token: string) => Promise<Extract<Principal, { kind: 'user' }>>;

/** Tolerance for the difference between the clocks of two hosts. */
export const TOLERANCE_SECONDS = 30;

/** A key takes up to 2 KB; providers publish less than ten of them. */
const MAX_KEY_SET_BYTES = 256 * 1024;

/** Asymmetric algorithms only: with a symmetric algorithm, whoever can verify a token can forge one. */
export const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/**
 * Verifies a user's JWT (RFC 7519) against the keys that the identity provider publishes. The keys are fetched when
 * they are first needed, kept, and fetched again when a token names an unknown key. `sub` is the user.
 * @throws Problem UNAUTHENTICATED; UNAVAILABLE if the provider cannot be reached.
 */
export function tokenVerifier(
  { jwksUrl, issuer, audience, customerClaim, defaultCustomerId, operatorClaim }: TokenOptions,
  clock: TokenClock,
): VerifyToken {
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: 3_000,
    cooldownDuration: 5_000,
    [customFetch]: boundedFetch,
  });
  return async (token) => {
    const verified = await jwtVerify(token, keys, {
      algorithms,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: clock.now(),
      requiredClaims: ['sub', 'exp'],
      issuer,
      audience,
    }).catch(refuse);
    if (!isAccessToken(verified))
      throw new Problem('UNAUTHENTICATED', 'This is not an access token: send the access token for this API.');
    const user_id = identifier(verified.payload, 'sub');
    const customer_id = customerClaim === '' ? defaultCustomerId : identifier(verified.payload, customerClaim);
    const claimed = claimsOperator(verified.payload, operatorClaim) && ({ claims_operator: true } as const);
    return {
      kind: 'user',
      credential: `user:${user_id}`,
      customer_id,
      user_id,
      ...signInOf(verified.payload),
      ...claimed,
    };
  };
}

/** `auth_time` of OpenID Connect Core; when the token was issued says nothing of a person who signed in. */
const signInOf = ({ auth_time }: JWTPayload): { signed_in_at?: string } =>
  typeof auth_time === 'number' && auth_time > 0 && auth_time < 1e11
    ? { signed_in_at: new Date(auth_time * 1000).toISOString() }
    : {};

/**
 * An ID token tells an application who has signed in, and everybody who sees it along the way could use it here. Its
 * audience is that application; where the operator gave this API the same audience, only the kind of the token is left
 * to tell. RFC 9068 names it in the header (`at+jwt`), Keycloak in the claim `typ`, Cognito in `token_use`. A token
 * that says nothing is an ID token if it has a claim that OpenID Connect Core defines for those only.
 */
function isAccessToken({ protectedHeader, payload }: JWTVerifyResult): boolean {
  const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
  if (type === 'at+jwt') return true;
  if (type !== undefined && type !== 'jwt') return false;
  const said = [payload['typ'], payload['token_use']].find((one) => one !== undefined);
  if (said !== undefined) return said === 'Bearer' || said === 'access';
  return !['nonce', 'at_hash', 'c_hash'].some((claim) => claim in payload);
}

/**
 * When the token of this `Authorization` expires (milliseconds since 1970); undefined for another credential. Only reads
 * the claim, for a token that was verified before.
 */
export function expiryOf(authorization: string): number | undefined {
  const [, token = ''] = /^Bearer +([^ ]+) *$/i.exec(authorization) ?? [];
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}

/** The text of a claim, which must be an id as any other: bounded, and without characters that nobody sees. */
export function identifier(payload: JWTPayload, claim: string): string {
  const value = payload[claim];
  if (
    typeof value !== 'string' ||
    value === '' ||
    value.length > 255 ||
    /\p{Cc}/u.test(value) ||
    textFault(value) !== null
  )
    throw new Problem(
      'UNAUTHENTICATED',
      `This token needs the claim ${JSON.stringify(claim)}: a text of 1 to 255 characters without control characters.`,
    );
  return value;
}

/** @throws Error if there is more than a key set can be */
async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > MAX_KEY_SET_BYTES) throw new Error(`the key set has more than ${MAX_KEY_SET_BYTES} bytes`);
    pieces.push(piece);
  }
  return new Response(Buffer.concat(pieces), { status: response.status });
}

/** An invalid token is the bearer's fault; a provider that does not answer, or with something else, is not. */
function refuse(error: unknown): never {
  const providers =
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC');
  if (error instanceof errors.JOSEError && !providers)
    throw new Problem(
      'UNAUTHENTICATED',
      error instanceof errors.JWTExpired ? 'This token has expired.' : 'This token is not valid here.',
    );
  throw new Problem('UNAVAILABLE', 'The identity provider cannot be asked just now. Try again.');
}
