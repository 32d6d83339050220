import type Router from '@koa/router';
import { receiptKeys } from '@missions/contracts/approval/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { GatewayContext } from './register-operation.ts';

/** The keys are the same for everybody. */
const caller: Caller = { kind: 'service', credential: 'gateway', customer_id: '-', user_id: null, agent_id: null };

/**
 * `GET /.well-known/jwks.json`: the public keys of receipts, for whoever is shown one. A verifier that finds a key
 * missing reads them again, so that they may be kept for some minutes.
 */
export function receiptKeyRoutes(router: Router, { bus }: Pick<GatewayContext, 'bus'>): void {
  router.get('/.well-known/jwks.json', async (ctx) => {
    const reply = await bus.request(receiptKeys, { caller, input: {} });
    ctx.type = 'application/jwk-set+json';
    ctx.set('Cache-Control', 'public, max-age=300');
    ctx.body = reply.body;
  });
}
