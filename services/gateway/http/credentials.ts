import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@missions/contracts/errors.ts';
import type { Database } from '@missions/persistence/database.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { findKey } from '../keys/find.ts';
import { hashOf, looksLikeKey, matches, parseKey } from '../keys/format.ts';
import { findSession } from '../sessions/sessions.ts';
import type { SignIn } from '../sessions/sign-in.ts';
import type { Principal } from './principal.ts';
import type { VerifyToken } from './tokens.ts';

/**
 * @param options.watching the credential was accepted before, and its call goes on.
 * @throws Problem UNAUTHENTICATED, or KEY_EXPIRED for an agent's key
 */
export type Authenticate = (
  headers: IncomingHttpHeaders,
  options?: { readonly watching?: boolean },
) => Promise<Principal>;

/**
 * `Authorization: Bearer …` with the service secret (a trusted backend) or with an agent's own key (specification
 * section 5 "Who may call"). Digests are compared in constant time; a digest has the same length whatever was sent.
 * @param keys the database of the agents' keys; undefined if this gateway accepts none.
 */
export function authenticator(secrets: readonly string[], keys: Database | undefined): Authenticate {
  const isService = oneOfThese(secrets);
  return async ({ authorization }) => {
    const token = bearerOf(authorization);
    if (isService(token)) return { kind: 'service', credential: 'service' };
    if (keys && looksLikeKey(token)) return agentOf(keys, token);
    throw unknownCredential();
  };
}

/**
 * Credentials of `/api/v1`: a user's token from the operator's identity provider, or the service secret of a trusted
 * backend that acts for the user it names (`X-User-ID`). An agent's key is never a person and opens nothing here.
 * A user's browser shows the cookie of its session instead. Where both are shown, the `Authorization` counts.
 * @param verify undefined if no identity provider is configured.
 * @param signIn undefined if this gateway has no database.
 */
export function userAuthenticator(
  secrets: readonly string[],
  verify: VerifyToken | undefined,
  signIn?: Pick<SignIn, 'db' | 'cookie' | 'publicUrl'>,
): Authenticate {
  const isService = oneOfThese(secrets);
  return async (headers, { watching = false } = {}) => {
    const { authorization } = headers;
    const shown = authorization === undefined ? signIn?.cookie.read(headers) : undefined;
    if (signIn && shown !== undefined) return userOf(signIn, shown, watching);
    const token = bearerOf(authorization);
    if (isService(token)) return { kind: 'service', credential: 'service' };
    if (looksLikeKey(token))
      throw new Problem(
        'FORBIDDEN',
        "An agent's key cannot act as a user: this is for people, and for backends that act for them.",
      );
    if (!verify) throw unknownCredential();
    return verify(token);
  };
}

async function userOf(
  { db, publicUrl }: Pick<SignIn, 'db' | 'publicUrl'>,
  shown: string,
  watching: boolean,
): Promise<Principal> {
  const session = await findSession(db, shown, watching).catch((error: unknown) => {
    throw databaseProblem(error) ?? error;
  });
  if (!session) throw new Problem('UNAUTHENTICATED', `This session has ended. Sign in again at ${publicUrl}/sign-in.`);
  const { id, customer_id, user_id, via, created_at, operator: claims_operator } = session;
  // The credential is the user's, as with a token: what is repeated after another sign-in has its effect once.
  return {
    kind: 'user',
    credential: `user:${user_id}`,
    customer_id,
    user_id,
    claims_operator,
    session: { id, via, created_at },
  };
}

async function agentOf(keys: Database, token: string): Promise<Principal> {
  const presented = parseKey(token);
  if (!presented) throw unknownCredential();
  const row = await findKey(keys, presented.id, hashOf(presented.secret)).catch((error: unknown) => {
    throw databaseProblem(error) ?? error;
  });
  if (!row || !matches(presented.secret, row.hash)) throw unknownCredential();
  const { id, customer_id, agent_id, users, scopes, expired } = row;
  if (expired)
    throw new Problem(
      'KEY_EXPIRED',
      `The key ${id} of the agent ${JSON.stringify(agent_id)} has expired. An operator makes another one: missions keys create.`,
    );
  return { kind: 'agent', credential: `key:${id}`, customer_id, agent_id, users, scopes };
}

function bearerOf(authorization: string | undefined): string {
  const [, token] = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '') ?? [];
  if (token === undefined)
    throw new Problem('UNAUTHENTICATED', 'Send the credential as Authorization: Bearer <credential>.');
  return token;
}

/** The credential was refused as one that is not known, or is not valid any more. */
export const opensNothing = ({ code }: Problem): boolean => code === 'UNAUTHENTICATED' || code === 'KEY_EXPIRED';

const unknownCredential = (): Problem =>
  new Problem('UNAUTHENTICATED', 'This credential is not known, or was revoked.');
/** Compares with each of them, so that the time tells nothing of which one it was. */
function oneOfThese(secrets: readonly string[]): (token: string) => boolean {
  const expected = secrets.map(digest);
  return (token) => {
    const shown = digest(token);
    return expected.filter((one) => timingSafeEqual(shown, one)).length > 0;
  };
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
