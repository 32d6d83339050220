import type { ImapFlow } from 'imapflow';

export interface MailboxAddress {
  /** `imap://user:password@host:port/Folder`, or `imaps:`; INBOX unless said. */
  readonly url: string;
  /** XOAUTH2, in the place of a password; asked for before each connection, for they live for an hour. */
  readonly accessToken?: (() => Promise<string> | string) | undefined;
}

export interface Patience {
  /** After which IDLE (RFC 2177) is begun anew; servers and what stands between hang up on longer ones. */
  readonly maxIdleMs: number;
  /** Without a word of the server's, where one is due. */
  readonly socketMs: number;
}

export const folderOf = (url: string): string =>
  decodeURIComponent(new URL(url).pathname.replace(/^\/+/, '')) || 'INBOX';

/** Tells mailboxes apart and holds no secret. */
export const keyOf = (url: string): string =>
  `${decodeURIComponent(new URL(url).username)}@${new URL(url).host}/${folderOf(url)}`;

export interface Bells {
  /** The server says that something is new, or the connection is gone. Only a hint: what is new is asked for. */
  readonly stirred: () => void;
  /** Closes the connection, whatever it is doing. */
  readonly ended: AbortSignal;
}

/** Connects and opens the folder, to be read only: what a person has not read stays unread. */
export async function connectMailbox(
  { url, accessToken }: MailboxAddress,
  { maxIdleMs, socketMs }: Patience,
  { stirred, ended }: Bells,
): Promise<ImapFlow> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'imaps:';
  const user = decodeURIComponent(username);
  // Where no mailbox is followed, a start need not wait for it: 0.1 s of processor time.
  const { ImapFlow: Client } = await import('imapflow');
  const client = new Client({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 993 : 143) : Number(port),
    secure,
    auth: accessToken ? { user, accessToken: await accessToken() } : { user, pass: decodeURIComponent(password) },
    logger: false,
    // Begun here, at once: the automatic one waits 15 s.
    disableAutoIdle: true,
    maxIdleTime: maxIdleMs,
    connectionTimeout: socketMs,
    greetingTimeout: socketMs,
    socketTimeout: socketMs,
    clientInfo: { name: 'missions' },
  });
  // An error is followed by a close; unheard, it would end the process.
  client.on('error', stirred);
  client.on('close', stirred);
  client.on('exists', stirred);
  const end = (): void => client.close();
  ended.addEventListener('abort', end, { once: true });
  client.on('close', () => ended.removeEventListener('abort', end));
  try {
    ended.throwIfAborted();
    await client.connect();
    await client.mailboxOpen(folderOf(url), { readOnly: true });
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}
