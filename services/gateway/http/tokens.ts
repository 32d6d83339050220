import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { Problem } from '@missions/contracts/errors.ts';
import type { Principal } from './principal.ts';

export interface TokenOptions {
  readonly jwksUrl: string;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly customerClaim: string;
  readonly defaultCustomerId: string;
}

export type VerifyToken = (token: string) => Promise<Extract<Principal, { kind: 'user' }>>;

/** Tolerance for the difference between the clocks of two hosts. */
const TOLERANCE_SECONDS = 30;

/** Asymmetric algorithms only: with a symmetric algorithm, whoever can verify a token can forge one. */
const algorithms = [
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
export function tokenVerifier({
  jwksUrl,
  issuer,
  audience,
  customerClaim,
  defaultCustomerId,
}: TokenOptions): VerifyToken {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 3_000, cooldownDuration: 5_000 });
  return async (token) => {
    const { payload } = await jwtVerify(token, keys, {
      algorithms,
      clockTolerance: TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'exp'],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    }).catch(refuse);
    const { sub } = payload;
    const customer = payload[customerClaim] ?? defaultCustomerId;
    if (!isIdentifier(sub) || !isIdentifier(customer))
      throw new Problem('UNAUTHENTICATED', 'This token does not name its user as it should.');
    return { kind: 'user', credential: `user:${sub}`, customer_id: customer, user_id: sub };
  };
}

const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 255;

/** An invalid token is the bearer's fault; a provider that does not answer is not. */
function refuse(error: unknown): never {
  const ours =
    error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && !(error.code === 'ERR_JOSE_GENERIC');
  if (ours)
    throw new Problem(
      'UNAUTHENTICATED',
      error instanceof errors.JWTExpired ? 'This token has expired.' : 'This token is not valid here.',
    );
  throw new Problem('UNAVAILABLE', 'The identity provider cannot be asked just now. Try again.');
}
