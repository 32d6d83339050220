import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** How this service reaches the mail servers that it logs in to, by SMTP and by IMAP. */

/** The token of XOAUTH2, which takes the place of the password. Called for each connection, for it lives for an hour. */
export type AccessToken = () => string | Promise<string>;

/** The file is read each time a token is needed, because another program renews the token in it. */
export function tokenReader(token: string | undefined, file: string | undefined): AccessToken | undefined {
  if (file !== undefined) return async () => (await readFile(file, 'utf8')).trim();
  return token === undefined ? undefined : () => token;
}

/**
 * Whether STARTTLS is a must on `smtp:` or `imap:`. The query says so with `requireTLS`; otherwise it is one for a login
 * at another machine, for whoever is in between can take STARTTLS out of what the server offers, and read the password.
 */
export function mustEncrypt(url: string): boolean {
  const { protocol, hostname, username, searchParams } = new URL(url);
  if (protocol.endsWith('s:')) return false;
  const asked = searchParams.get('requireTLS');
  if (asked !== null || searchParams.get('ignoreTLS') === 'true') return asked === 'true';
  return username !== '' && !isThisMachine(hostname);
}

const isThisMachine = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));

interface ConnectionError extends Error {
  readonly code?: string;
  readonly command?: string;
  /** Set by imapflow where STARTTLS is a must. */
  readonly tlsFailed?: boolean;
}

const CERTIFICATE = /self-signed|certificate|unable to (?:verify|get)|altnames/i;

/** What to do about a connection that could not be encrypted; undefined for any other error. */
export function encryptionFault(error: unknown, url: string): string | undefined {
  const { host, protocol } = new URL(url);
  const { message, code, command, tlsFailed } = error as ConnectionError;
  if (CERTIFICATE.test(message))
    return (
      `the certificate of ${host} is refused: ${message.replace(/^Error initiating TLS - /, '')}. Name its ` +
      'issuer in NODE_EXTRA_CA_CERTS if it is your own'
    );
  const isRefused = code === 'ETLS' && command === 'STARTTLS' && !message.startsWith('Error initiating');
  if (!tlsFailed && !isRefused) return undefined;
  const scheme = protocol.slice(0, -1);
  return (
    `${host} offers no STARTTLS, and nothing is sent in plain text. Use ${scheme}s://, or add ` +
    '?requireTLS=false in a network of your own'
  );
}
