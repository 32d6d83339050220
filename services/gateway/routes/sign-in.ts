import type Router from '@koa/router';
import { Type } from 'typebox';
import { byUnknown, type IntendedDeed } from '@missions/contracts/audit.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { closed } from '@missions/contracts/fields.ts';
import { parser } from '@missions/contracts/schema.ts';
import { jsonBody } from '@missions/http/body.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { refuseForeignPages } from '../http/own-page.ts';
import type { Origin } from '../http/origin.ts';
import { networkOf } from '../http/address-budget.ts';
import { CODE_MINUTES, signInByCode } from '../sessions/codes.ts';
import { byUser, endSession, findSession, LONGEST_SESSION_SECONDS } from '../sessions/sessions.ts';
import type { SignIn } from '../sessions/sign-in.ts';
import type { GatewayContext } from './register-operation.ts';

const parseBody = parser(Type.Object({ code: Type.String({ minLength: 1, maxLength: 255 }) }, closed));

/** `/auth`: signing in with a one-time code, and signing out (specification section 5 "Signing in"). */
export function signInRoutes(router: Router, { origins, recordRefusal }: GatewayContext, signIn: SignIn): void {
  const { db, publicUrl, cookie, tries, provider } = signIn;

  router.post(
    '/auth/code',
    async (ctx, next) => {
      refuseForeignPages(ctx, publicUrl, { required: false });
      await next();
    },
    jsonBody,
    async (ctx) => {
      const { code } = parseBody(ctx.state['body']);
      const network = networkOf(ctx.ip);
      const retryAfter = tries.take(network);
      if (retryAfter > 0)
        throw new Problem(
          'RATE_LIMITED',
          `Too many wrong codes came from this address. Try again in ${retryAfter} s.`,
          { retry_after: retryAfter },
        );
      const origin = origins.of(ctx);
      const replaced = cookie.read(ctx.req.headers);
      const secret = await orProblem(signInByCode(db, code, { origin, replaced }));
      if (secret === undefined) {
        const refusal = new Problem(
          'UNAUTHENTICATED',
          `This code is not known, was used, or is older than ${CODE_MINUTES} minutes. A new one: npm run missions -- sign-in --user <id>`,
        );
        await recordRefusal([refusedSignIn(origin)], refusal);
        throw refusal;
      }
      tries.giveBack(network);
      cookie.set(ctx, secret, LONGEST_SESSION_SECONDS);
      ctx.status = 204;
    },
  );

  router.post('/auth/sign-out', async (ctx) => {
    const shown = cookie.read(ctx.req.headers);
    refuseForeignPages(ctx, publicUrl, { required: shown !== undefined });
    const session = shown === undefined ? undefined : await orProblem(findSession(db, shown, true));
    if (session) await orProblem(endSession(db, session, byUser(session, origins.of(ctx))));
    cookie.clear(ctx);
    // A provider that cannot be asked does not keep anybody signed in here.
    const elsewhere = session?.via === 'oidc' ? await provider?.signOutUrl().catch(() => undefined) : undefined;
    if (!elsewhere) {
      ctx.status = 204;
    } else if (ctx.get('Sec-Fetch-Mode') === 'navigate' || ctx.get('Accept').includes('text/html')) {
      ctx.status = 303;
      ctx.set('Location', elsewhere.href);
    } else {
      ctx.body = { end_session_url: elsewhere.href };
    }
  });
}

export const refusedSignIn = ({ address, channel }: Origin): IntendedDeed => ({
  customer_id: '',
  by: byUnknown(address, channel),
  action: 'session.started',
  target: { kind: 'session', id: '' },
  mission_id: null,
});

/** A database that is away is a problem of its own kind, and not an unexpected error. */
export const orProblem = <T>(asked: Promise<T>): Promise<T> =>
  asked.catch((error: unknown) => {
    throw databaseProblem(error) ?? error;
  });
