/** One of the servers that a URL of PostgreSQL names. */
export interface DatabaseHost {
  /** The URL of this server alone. */
  readonly url: string;
  /** Undefined if the URL's query names the host, as it does for a socket. */
  readonly host: string | undefined;
  readonly port: number;
}

const AUTHORITY = /^(\w+:\/\/(?:[^@/?#]*@)?)([^/?#]*)/;
const POSTGRES_PORT = 5432;

/** The servers of `postgres://role:password@one:5432,two/database`, as libpq reads it, and as `pg` does not. */
export function hostsOf(url: string): DatabaseHost[] {
  const [whole = '', start = '', authority = ''] = AUTHORITY.exec(url) ?? [];
  const rest = url.slice(whole.length);
  return authority.split(',').map((server) => {
    const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(server.trim()) ?? [];
    const plain = host?.replaceAll(/[[\]]/g, '');
    return {
      url: `${start}${server.trim()}${rest}`,
      host: plain ? decodeURIComponent(plain) : undefined,
      port: Number(port ?? POSTGRES_PORT),
    };
  });
}

/** The names of the servers of NATS, whose URLs are separated by commas. */
export const natsHosts = (url: string): string[] =>
  url.split(',').flatMap((one) => {
    const parsed = URL.parse(one.trim());
    return parsed ? [parsed.hostname] : [];
  });
