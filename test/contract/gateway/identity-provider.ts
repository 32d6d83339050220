import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const [issuer, audience, algorithm] = ['https://id.example', 'missions', 'ES256'];

/** An identity provider whose tokens a gateway with `env` accepts. */
export interface IdentityProvider {
  readonly env: Readonly<Record<string, string>>;
  /** The headers of a user's call; the token ends in so many seconds, or has ended. */
  tokenOf(user_id: string, customer_id: string, seconds?: number): Promise<{ authorization: string }>;
  stop(): void;
}

export async function identityProvider(): Promise<IdentityProvider> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: algorithm }] });
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(keys));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    env: {
      OIDC_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: audience,
      OIDC_CUSTOMER_CLAIM: 'org',
    },
    async tokenOf(user_id, customer_id, seconds = 600) {
      const token = await new SignJWT({ sub: user_id, org: customer_id })
        .setProtectedHeader({ alg: algorithm, kid: 'k1', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
        .sign(privateKey);
      return { authorization: `Bearer ${token}` };
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
