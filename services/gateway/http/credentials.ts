import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@missions/contracts/errors.ts';
import type { Database } from '@missions/persistence/database.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { findKey } from '../keys/find.ts';
import { looksLikeKey, matches, parseKey } from '../keys/format.ts';
import type { Principal } from './principal.ts';
import type { VerifyToken } from './tokens.ts';

/** @throws Problem UNAUTHENTICATED */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Principal>;

/**
 * `Authorization: Bearer …` with the service secret (a trusted backend) or with an agent's own key (specification
 * section 5 "Who may call"). Digests are compared in constant time; a digest has the same length whatever was sent.
 * @param keys the database of the agents' keys; undefined if this gateway accepts none.
 */
export function authenticator(secret: string, keys: Database | undefined): Authenticate {
  const expected = digest(secret);
  return async ({ authorization }) => {
    const token = bearerOf(authorization);
    if (timingSafeEqual(digest(token), expected)) return { kind: 'service', credential: 'service' };
    if (keys && looksLikeKey(token)) return agentOf(keys, token);
    throw unknownCredential();
  };
}

/**
 * Credentials of `/api/v1`: a user's token from the operator's identity provider, or the service secret of a trusted
 * backend that acts for the user it names (`X-User-ID`). An agent's key is never a person and opens nothing here.
 * @param verify undefined if no identity provider is configured.
 */
export function userAuthenticator(secret: string, verify: VerifyToken | undefined): Authenticate {
  const expected = digest(secret);
  return async ({ authorization }) => {
    const token = bearerOf(authorization);
    if (timingSafeEqual(digest(token), expected)) return { kind: 'service', credential: 'service' };
    if (looksLikeKey(token))
      throw new Problem(
        'FORBIDDEN',
        "An agent's key cannot act as a user: this is for people, and for backends that act for them.",
      );
    if (!verify) throw unknownCredential();
    return verify(token);
  };
}

async function agentOf(keys: Database, token: string): Promise<Principal> {
  const presented = parseKey(token);
  if (!presented) throw unknownCredential();
  const row = await findKey(keys, presented.id).catch((error: unknown) => {
    throw databaseProblem(error) ?? error;
  });
  if (!row || !matches(presented.secret, row.hash)) throw unknownCredential();
  const { id, customer_id, agent_id, users } = row;
  return { kind: 'agent', credential: `key:${id}`, customer_id, agent_id, users };
}

function bearerOf(authorization: string | undefined): string {
  const [, token] = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '') ?? [];
  if (token === undefined)
    throw new Problem('UNAUTHENTICATED', 'Send the credential as Authorization: Bearer <credential>.');
  return token;
}

const unknownCredential = (): Problem =>
  new Problem('UNAUTHENTICATED', 'This credential is not known, or was revoked.');
const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
