import type Router from '@koa/router';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { formBody } from '@missions/http/body.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { returnTo } from '../http/return-to.ts';
import { ownCookie } from '../http/session-cookie.ts';
import type { Attempt } from '../oidc/provider.ts';
import { saveProfile } from '../sessions/profiles.ts';
import { endSessionsOfProvider, LONGEST_SESSION_SECONDS, startSession } from '../sessions/sessions.ts';
import type { SignIn, WithProvider } from '../sessions/sign-in.ts';
import type { GatewayContext } from './register-operation.ts';
import { orProblem, refusedSignIn } from './sign-in.ts';

const ATTEMPT_SECONDS = 600;

/**
 * `/auth/oidc`: signing in at the operator's identity provider. What is to be compared afterwards waits in a cookie of
 * the browser that began, and in no table: nobody can fill one by beginning, and no other browser can end it.
 */
export function oidcRoutes(
  router: Router,
  { origins, recordRefusal, logger }: GatewayContext,
  { db, publicUrl, cookie, provider, verifyLogout }: SignIn & WithProvider,
): void {
  const attempts = ownCookie('missions-oidc', publicUrl);

  /** Only the log says what the provider, or our settings for it, have wrong. */
  const logged = (error: unknown): never => {
    if (error instanceof Problem && error.cause !== undefined)
      logger.warn({ err: error.cause }, 'signing in at the identity provider has failed');
    throw error;
  };

  router.get('/auth/oidc', async (ctx) => {
    const wanted = ctx.URL.searchParams.getAll('return_to');
    if (wanted.length > 1) throw invalid([{ path: 'return_to', message: 'may be given once' }]);
    const { url, attempt } = await provider.begin(returnTo(wanted[0] ?? '/', publicUrl)).catch(logged);
    attempts.set(ctx, Buffer.from(JSON.stringify(attempt)).toString('base64url'), ATTEMPT_SECONDS);
    ctx.status = 303;
    ctx.set('Location', url.href);
  });

  router.get('/auth/oidc/callback', async (ctx) => {
    const attempt = attemptOf(attempts.read(ctx.req.headers));
    attempts.clear(ctx);
    const origin = origins.of(ctx);
    try {
      if (!attempt || ctx.URL.searchParams.get('state') !== attempt.state)
        throw new Problem(
          'UNAUTHENTICATED',
          `This sign-in was not begun in this browser, or is over. Begin again at ${publicUrl}/sign-in.`,
        );
      const target = returnTo(attempt.return_to, publicUrl);
      const { signedIn, profile } = await provider.finish(ctx.URL.search, attempt).catch(logged);
      const replaced = cookie.read(ctx.req.headers);
      const secret = await orProblem(
        transaction(db, async (tx) => {
          await saveProfile(tx, signedIn, profile);
          return startSession(tx, signedIn, { origin, replaced });
        }),
      );
      cookie.set(ctx, secret, LONGEST_SESSION_SECONDS);
      ctx.status = 303;
      ctx.set('Location', `${publicUrl}${target}`);
    } catch (error) {
      await recordRefusal([refusedSignIn(origin)], error);
      throw error;
    }
  });

  router.post('/auth/oidc/back-channel-logout', async (ctx) => {
    const token = (await formBody(ctx)).get('logout_token');
    if (token === null) throw invalid([{ path: 'logout_token', message: 'is required' }]);
    const ended = await orProblem(endSessionsOfProvider(db, await verifyLogout(token).catch(logged)));
    logger.info({ ended }, 'the identity provider has signed a user out');
    ctx.status = 200;
    ctx.body = '';
  });
}

function attemptOf(shown: string | undefined): Attempt | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(shown ?? '', 'base64url').toString());
    const { state, nonce, verifier, return_to } = read as Record<string, unknown>;
    const texts = [state, nonce, verifier, return_to].filter((text) => typeof text === 'string' && text !== '');
    return texts.length === 4 ? (read as Attempt) : undefined;
  } catch {
    return undefined;
  }
}
