import type { Context, Middleware } from 'koa';
import helmet from 'koa-helmet';

/**
 * Helmet's headers. They are the same for every answer, so helmet is asked once, at start: its dozen of functions behind one another were 4 % of
 * what a request cost the gateway. A route may set one of them otherwise.
 */
export function securityHeaders(): Middleware {
  const headers: [string, string][] = [];
  const response = {
    setHeader: (name: string, value: string) => void headers.push([name, value]),
    removeHeader: () => {},
  };
  // Plain http is legitimate on loopback and behind a proxy; upgrading its requests would break it.
  const ask = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  void ask({ req: { headers: {} }, res: response } as unknown as Context, () => Promise.resolve());
  if (headers.length === 0) throw new Error('helmet set no headers at once');
  return (ctx, next) => {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}
