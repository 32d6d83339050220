import * as oidc from 'openid-client';
import { Problem } from '@missions/contracts/errors.ts';
import { textFault } from '@missions/contracts/text.ts';
import { claimsOperator } from '../http/operators.ts';
import { identifier } from '../http/tokens.ts';
import type { Profile } from '../sessions/profiles.ts';
import type { SignedIn } from '../sessions/sessions.ts';

export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly publicUrl: string;
  /** Empty: every user belongs to the default customer. */
  readonly customerClaim: string;
  readonly defaultCustomerId: string;
  /** See `claimsOperator`. */
  readonly operatorClaim?: string | undefined;
}

/** What the browser keeps while it is at the provider. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly return_to: string;
}

/** The operator's identity provider: OpenID Connect Core, with code, PKCE, state and nonce. */
export interface SignInProvider {
  /** @throws Problem UNAVAILABLE */
  begin(returnTo: string): Promise<{ readonly url: URL; readonly attempt: Attempt }>;
  /** @param search of the callback's address. @throws Problem UNAUTHENTICATED, UNAVAILABLE */
  finish(search: string, attempt: Attempt): Promise<{ readonly signedIn: SignedIn; readonly profile: Profile }>;
  /** Where the provider signs its user out; undefined if it offers that nowhere. */
  signOutUrl(): Promise<URL | undefined>;
  /** What its logout tokens are checked against. @throws Problem UNAVAILABLE */
  metadata(): Promise<{ readonly issuer: string; readonly jwks_uri: string }>;
}

const TIMEOUT_SECONDS = 5;
/** A provider may move its endpoints; its keys are fetched again by need. */
const DISCOVERED_FOR_MS = 3_600_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export const isLoopback = (url: string): boolean => LOOPBACK.has(new URL(url).hostname);

export function signInProvider(options: ProviderOptions): SignInProvider {
  const { issuer, clientId, clientSecret, publicUrl } = options;
  const redirectUri = `${publicUrl}/auth/oidc/callback`;
  /** By the standard the default of a client is `client_secret_basic`; some providers know `client_secret_post` only. */
  const ways = [oidc.ClientSecretBasic(clientSecret), oidc.ClientSecretPost(clientSecret)];
  let discovered: { readonly config: Promise<oidc.Configuration>; readonly at: number } | undefined;

  /** The settings let plain http be used on loopback and in development only. */
  const rules = [
    oidc.enableNonRepudiationChecks,
    ...(new URL(issuer).protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
  ];
  const configuration = (): Promise<oidc.Configuration> => {
    const now = performance.now();
    if (!discovered || now - discovered.at > DISCOVERED_FOR_MS) {
      const config = oidc.discovery(new URL(issuer), clientId, undefined, ways[0], {
        execute: rules,
        timeout: TIMEOUT_SECONDS,
      });
      const mine = (discovered = { config: config.catch(refuse), at: now });
      mine.config.catch(() => (discovered = discovered === mine ? undefined : discovered));
    }
    return discovered.config;
  };

  async function exchange(config: oidc.Configuration, search: string, attempt: Attempt) {
    const { state, nonce, verifier } = attempt;
    const address = new URL(redirectUri);
    address.search = search;
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    try {
      return await oidc.authorizationCodeGrant(config, address, checks);
    } catch (error) {
      if (!isOfClient(error)) throw error;
      ways.reverse();
      const other = new oidc.Configuration(config.serverMetadata(), clientId, undefined, ways[0]);
      for (const rule of rules) rule(other);
      other.timeout = TIMEOUT_SECONDS;
      discovered = { config: Promise.resolve(other), at: performance.now() };
      return await oidc.authorizationCodeGrant(other, address, checks);
    }
  }

  return {
    async begin(return_to) {
      const config = await configuration();
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url, attempt: { state, nonce, verifier, return_to } };
    },
    async finish(search, attempt) {
      const config = await configuration();
      const tokens = await exchange(config, search, attempt).catch(refuse);
      const claims = tokens.claims();
      if (!claims) throw new Problem('UNAUTHENTICATED', 'The identity provider has sent no ID token.');
      // The standard lets a provider tell name, e-mail and its own claims there alone.
      const more = config.serverMetadata().userinfo_endpoint
        ? await oidc.fetchUserInfo(config, tokens.access_token, claims.sub).catch(refuse)
        : {};
      return identityOf({ ...more, ...claims }, options);
    },
    async signOutUrl() {
      const config = await configuration();
      return config.serverMetadata().end_session_endpoint ? oidc.buildEndSessionUrl(config) : undefined;
    },
    async metadata() {
      const { issuer: name, jwks_uri } = (await configuration()).serverMetadata();
      if (jwks_uri === undefined) throw new Problem('UNAVAILABLE', 'The identity provider publishes no keys.');
      return { issuer: name, jwks_uri };
    },
  };
}

function identityOf(
  claims: Record<string, unknown>,
  { customerClaim, defaultCustomerId, operatorClaim }: ProviderOptions,
): { signedIn: SignedIn; profile: Profile } {
  const text = (claim: string): string | null => {
    const value = claims[claim];
    const isText = typeof value === 'string' && value !== '' && value.length <= 255 && !/\p{Cc}/u.test(value);
    return isText && textFault(value) === null ? value : null;
  };
  const signedIn = {
    user_id: identifier(claims, 'sub'),
    customer_id: customerClaim === '' ? defaultCustomerId : identifier(claims, customerClaim),
    via: 'oidc',
    provider_sid: text('sid'),
    operator: claimsOperator(claims, operatorClaim),
  } as const;
  const email = text('email');
  const profile = {
    name: text('name'),
    email,
    email_confirmed: email !== null && claims['email_verified'] === true,
    time_zone: text('zoneinfo'),
    locale: text('locale'),
  };
  return { signedIn, profile };
}

/** The provider does not know us by this way to show the secret. The code is not used up by that. */
const isOfClient = (error: unknown): boolean =>
  error instanceof oidc.WWWAuthenticateChallengeError ||
  (error instanceof oidc.ResponseBodyError && error.error === 'invalid_client');

/** What the provider, or whoever wrote the callback's address, got wrong; all else is not the user's. */
const OF_THE_ANSWER = [
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
];

function refuse(error: unknown): never {
  if (error instanceof Problem) throw error;
  const isRefusal =
    error instanceof oidc.AuthorizationResponseError ||
    (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') ||
    (error instanceof oidc.ClientError && OF_THE_ANSWER.includes(error.code ?? ''));
  const refusal = isRefusal
    ? new Problem('UNAUTHENTICATED', 'The identity provider has not signed you in. Begin again at /sign-in.')
    : new Problem('UNAVAILABLE', 'The identity provider cannot be asked just now. Try again.');
  refusal.cause = error;
  throw refusal;
}
