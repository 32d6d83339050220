import type { Context, Middleware } from 'koa';
import helmet from 'koa-helmet';
import { VERSION, versionHeader } from '@missions/contracts/version.ts';

/**
 * Helmet's headers, and the version that answers. They are the same for every response, so helmet runs once, at the
 * start: its dozen chained functions were 4 % of the cost of a request. A route may override a header.
 */
export function securityHeaders(): Middleware {
  const headers: [string, string][] = [];
  const response = {
    setHeader: (name: string, value: string) => void headers.push([name, value]),
    removeHeader: () => {},
  };
  // Plain http is legitimate on loopback and behind a proxy; upgrading its requests would break it.
  const toRequest = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  void toRequest({ req: { headers: {} }, res: response } as unknown as Context, () => Promise.resolve());
  if (headers.length === 0) throw new Error('helmet set no headers at once');
  headers.push([versionHeader, VERSION]);
  return (ctx, next) => {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}
