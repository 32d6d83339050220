import type Router from '@koa/router';
import type { Context } from 'koa';
import { unsubscribe } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { GatewayContext } from './register-operation.ts';

/**
 * `/unsubscribe/{token}`, the address in the headers of mail (RFC 8058): a POST ends such mail, without a session and
 * without a further question, because mail programs send it. A GET, which programs send that look into mail, shows what
 * would end, and a button.
 */
export function unsubscribeRoutes(
  router: Router,
  { bus, defaultCustomerId }: Pick<GatewayContext, 'bus' | 'defaultCustomerId'>,
): void {
  // The token says whose mail it is.
  const caller: Caller = {
    ...{ kind: 'service', credential: 'unsubscribe', customer_id: defaultCustomerId, user_id: null, agent_id: null },
  };
  const answer = async (ctx: Context & { params: Record<string, string> }, confirmed: boolean): Promise<void> => {
    const { token = '' } = ctx.params;
    ctx.type = 'html';
    ctx.set(
      'Content-Security-Policy',
      "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    ctx.set('Referrer-Policy', 'no-referrer');
    const reply = await bus.request(unsubscribe, { caller, input: { token, confirmed } });
    const { topics } = reply.json<{ topics: string[] }>();
    ctx.body = pageOf(confirmed ? DONE : ASK, topics.join(', '));
  };
  router.get('/unsubscribe/:token', (ctx) => answer(ctx, false));
  router.post('/unsubscribe/:token', (ctx) => answer(ctx, true));
}

const ASK = (topics: string) =>
  `<p>No more mail about: ${topics}?</p><form method="post"><button>End this mail</button></form>`;
const DONE = (topics: string) =>
  `<p>No more mail about: ${topics}. Your <a href="/settings">settings</a> bring it back.</p>`;
const pageOf = (content: (topics: string) => string, topics: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>Mail of Missions</title><body>${content(topics)}</body></html>`;
