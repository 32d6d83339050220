import type { Context } from 'koa';
import { Problem } from '@missions/contracts/errors.ts';

/**
 * A browser sends the cookie of a session also with what another page makes it send. A write must therefore come from
 * our own page, as the browser itself says: `Sec-Fetch-Site` (Fetch Metadata), or `Origin` from a browser that does not
 * send it. `required: false`, for calls that no cookie opens, refuses only what says that it comes from elsewhere.
 * @throws Problem FORBIDDEN
 */
export function refuseForeignPages(ctx: Context, publicUrl: string, { required = true } = {}): void {
  const site = ctx.get('Sec-Fetch-Site');
  const origin = ctx.get('Origin');
  const isOwn = site === '' ? origin === publicUrl : site === 'same-origin';
  if (isOwn || (!required && site === '' && origin === '')) return;
  throw new Problem(
    'FORBIDDEN',
    `With a session, a write must come from a page of ${publicUrl}: Sec-Fetch-Site: same-origin, or that Origin.`,
  );
}

export const isRead = ({ method }: Pick<Context, 'method'>): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
