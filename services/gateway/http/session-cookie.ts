import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'koa';

/**
 * A cookie of the product's own address (RFC 6265bis). By https its name begins with `__Host-`: a browser then takes it
 * from this host alone, only encrypted and only for the whole host, so that no neighbouring subdomain can plant one.
 * Made from PUBLIC_URL and never from a request, which may have come through a proxy that ends TLS.
 */
export interface OwnCookie {
  readonly name: string;
  /** The value that the browser shows; undefined without one. */
  read(headers: IncomingHttpHeaders): string | undefined;
  set(ctx: Context, value: string, seconds: number): void;
  clear(ctx: Context): void;
}

export function ownCookie(base: string, publicUrl: string): OwnCookie {
  const isSecure = new URL(publicUrl).protocol === 'https:';
  const name = isSecure ? `__Host-${base}` : base;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const write = (ctx: Context, value: string, seconds: number): void =>
    ctx.append('Set-Cookie', `${name}=${value}; ${attributes}; Max-Age=${seconds}`);
  return {
    name,
    read({ cookie = '' }) {
      for (const part of cookie.split(';')) {
        const [key = '', value = ''] = part.split('=', 2);
        if (key.trim() === name && value.trim() !== '') return value.trim();
      }
      return undefined;
    },
    set: write,
    clear: (ctx) => write(ctx, '', 0),
  };
}
