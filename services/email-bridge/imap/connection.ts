import type { ImapFlow } from 'imapflow';
import { type AccessToken, encryptionFault, mustEncrypt } from '../server-access.ts';

export interface MailboxAddress {
  /**
   * `imap://user:password@host:port/Folder`, or `imaps:`; without a folder, INBOX. `?requireTLS=true` or `false` says
   * whether STARTTLS is a must.
   */
  readonly url: string;
  readonly accessToken?: AccessToken | undefined;
}

export interface ImapTimeouts {
  /**
   * After which IDLE (RFC 2177) is ended and begun anew: servers and NAT gateways close connections that idle longer.
   */
  readonly maxIdleMs: number;
  /** For the connection, the greeting and each response of the server. */
  readonly socketTimeoutMs: number;
}

export interface ConnectionEvents {
  /** Called when the server announces a message (EXISTS), and when the connection fails or closes. */
  readonly onChange: () => void;
  /** Closes the connection at once, whatever it is doing. */
  readonly signal: AbortSignal;
}

export const folderOf = (url: string): string =>
  decodeURIComponent(new URL(url).pathname.replace(/^\/+/, '')) || 'INBOX';

/** `user@host/Folder`: the key of the mailbox's cursor and lock. Contains no secret. */
export const mailboxKey = (url: string): string =>
  `${decodeURIComponent(new URL(url).username)}@${new URL(url).host}/${folderOf(url)}`;

/**
 * Connects and opens the folder read-only (EXAMINE, RFC 3501 section 6.3.2): a message that its owner has not read
 * stays unread.
 *
 * @throws Error if the server cannot be reached, or refuses the login or the folder.
 */
export async function connectMailbox(
  { url, accessToken }: MailboxAddress,
  { maxIdleMs, socketTimeoutMs }: ImapTimeouts,
  { onChange, signal }: ConnectionEvents,
): Promise<ImapFlow> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'imaps:';
  const user = decodeURIComponent(username);
  // Loaded here, because it costs 0.1 s of processor time and most installations have no IMAP mailbox.
  const { ImapFlow: Client } = await import('imapflow');
  const client = new Client({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 993 : 143) : Number(port),
    secure,
    ...(mustEncrypt(url) && { doSTARTTLS: true }),
    auth: accessToken ? { user, accessToken: await accessToken() } : { user, pass: decodeURIComponent(password) },
    logger: false,
    // The mailbox loop begins IDLE itself, at once; the automatic one waits 15 s.
    disableAutoIdle: true,
    maxIdleTime: maxIdleMs,
    connectionTimeout: socketTimeoutMs,
    greetingTimeout: socketTimeoutMs,
    socketTimeout: socketTimeoutMs,
    clientInfo: { name: 'missions' },
  });
  // A close follows each error; an error without a listener would end the process.
  client.on('error', onChange);
  client.on('close', onChange);
  client.on('exists', onChange);
  const close = (): void => client.close();
  signal.addEventListener('abort', close, { once: true });
  client.on('close', () => signal.removeEventListener('abort', close));
  try {
    signal.throwIfAborted();
    await client.connect();
    await client.mailboxOpen(folderOf(url), { readOnly: true });
    return client;
  } catch (error) {
    client.close();
    const fault = encryptionFault(error, url);
    throw fault === undefined ? error : new Error(fault, { cause: error });
  }
}
