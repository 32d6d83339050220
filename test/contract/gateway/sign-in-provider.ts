import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

const CLIENT = { client_id: 'missions', client_secret: 'the-secret-of-the-client-at-the-provider' };
const ACCOUNTS: Record<string, object> = {
  ada: {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    email_verified: true,
    zoneinfo: 'Europe/London',
    locale: 'en-GB',
  },
  eve: { name: 'Eve', email: 'eve@example.com', email_verified: false },
  nobody: {},
};

/** An OpenID Connect provider that runs here. Whoever is named in `user` signs in there without a page. */
export interface RunningProvider {
  readonly issuer: string;
  readonly env: Readonly<Record<string, string>>;
  /** The provider's user in front of the browser. */
  user: string;
  customer: string | undefined;
  /** Signs as the provider does; `claims` are added to those of a logout token, and null removes one. */
  logoutToken(claims: Record<string, unknown>, header?: { typ?: string; forged?: boolean }): Promise<string>;
  stop(): void;
}

export const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

/** @param authentication how the client shows its secret, as it is registered. */
export async function runningProvider(
  redirectUri: string,
  authentication: 'client_secret_basic' | 'client_secret_post' = 'client_secret_basic',
): Promise<RunningProvider> {
  const server: Server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [pair, forger] = await Promise.all([
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('RS256', { extractable: true }),
  ]);
  const kid = 'k1';
  const it = { user: 'ada', customer: undefined as string | undefined };
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(pair.privateKey)), kid, alg: 'RS256', use: 'sig' }] },
    clients: [
      {
        ...CLIENT,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: authentication,
        backchannel_logout_session_required: true,
        backchannel_logout_uri: redirectUri.replace('callback', 'back-channel-logout'),
      },
    ],
    cookies: { keys: ['a key of the tests'] },
    claims: {
      openid: ['sub', 'org', 'sid'],
      profile: ['name', 'zoneinfo', 'locale'],
      email: ['email', 'email_verified'],
    },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, ...(it.customer && { org: it.customer }), ...ACCOUNTS[accountId] }),
    }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        accountId: ctx.oidc.session?.accountId,
        clientId: ctx.oidc.client?.clientId,
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/'))
      void provider.interactionFinished(request, response, { login: { accountId: it.user } });
    else void answer(request, response);
  });
  return Object.assign(it, {
    issuer,
    env: { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: CLIENT.client_id, OIDC_CLIENT_SECRET: CLIENT.client_secret },
    async logoutToken(claims: Record<string, unknown>, { typ = 'logout+jwt', forged = false } = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const all = {
        iss: issuer,
        aud: CLIENT.client_id,
        iat: now,
        exp: now + 120,
        jti: randomUUID(),
        events: { [LOGOUT]: {} },
        ...claims,
      };
      const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
      return new SignJWT(kept)
        .setProtectedHeader({ alg: 'RS256', kid, typ })
        .sign(forged ? forger.privateKey : pair.privateKey);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  });
}
