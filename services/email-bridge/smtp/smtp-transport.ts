import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { type AccessToken, encryptionFault, mustEncrypt } from '../server-access.ts';
import type { MailDefaults } from 'nodemailer/lib/mailer';
import { compose } from './compose.ts';
import { composeNotice } from './compose-notice.ts';
import type { CopyResult, NoticeTransport, Transport } from './transport.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** The longest time without a byte from the server. */
const IDLE_TIMEOUT_MS = 30_000;

export interface SmtpOptions {
  /**
   * `smtp:` or `smtps:`, with user and password if the server asks for them; the query holds settings of nodemailer.
   */
  readonly url: string;
  readonly accessToken?: AccessToken | undefined;
}

/**
 * One connection for each copy, so that a connection that the server closed, or that hangs, costs one attempt of one
 * recipient.
 */
export function smtpTransport({ url, accessToken }: SmtpOptions): Transport & NoticeTransport {
  const user = decodeURIComponent(new URL(url).username);
  const options = {
    url: accessToken ? withoutLogin(url) : url,
    ...(mustEncrypt(url) && { requireTLS: true }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
  };
  const submit = async (
    mail: MailDefaults,
    signal: AbortSignal,
    mayLeave: () => Promise<void>,
  ): Promise<CopyResult> => {
    const server = createTransport(options);
    let withheld: unknown;
    // The text is read when the server has replied to DATA. Without its end, no server accepts the message.
    async function* asked(text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      await mayLeave().catch((error: unknown) => {
        withheld = error;
        throw error;
      });
      yield* text;
    }
    server.use('stream', (message, done) => {
      message.message.processFunc((text) => Readable.from(asked(text), { objectMode: false }));
      done();
    });
    try {
      const auth = accessToken && { type: 'OAuth2', user, accessToken: await accessToken() };
      await server.sendMail({ ...mail, signal, ...(auth && { auth }) });
      return { outcome: 'accepted', reason: '' };
    } catch (error) {
      if (withheld !== undefined) throw withheld;
      const { rejectedErrors: [rejected] = [] } = error as SmtpError;
      const fault = encryptionFault(error, url);
      if (fault !== undefined) return { outcome: 'deferred', reason: fault, unreachable: true };
      return resultOf(rejected ?? (error as SmtpError));
    }
  };
  return {
    deliver: (claimed, recipient, signal, mayLeave) => submit(compose(claimed, recipient), signal, mayLeave),
    deliverNotice: (notice, from, signal, mayLeave) => submit(composeNotice(notice, from), signal, mayLeave),
  };
}

function withoutLogin(url: string): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly rejectedErrors?: SmtpError[];
}

function resultOf(error: SmtpError): CopyResult {
  if (isPermanent(error)) return { outcome: 'refused', reason: reasonOf(error) };
  return { outcome: 'deferred', reason: reasonOf(error), unreachable: !isOfTransaction(error) };
}

/**
 * Codes about the login, or the encryption before it (RFC 4954 section 6): the fault is in our settings, not in a
 * mailbox.
 */
const LOGIN_CODES = new Set([530, 534, 535, 538]);

/**
 * A 5xx response in the mail transaction (RFC 5321 section 4.2.1). A 5xx response before it, such as a greeting of 554
 * or a refused login, may be mended, so the recipient is tried again.
 */
const isPermanent = (error: SmtpError): boolean => isOfTransaction(error) && (error.responseCode ?? 0) >= 500;

/** The server's response to a command of the mail transaction; anything else says nothing about the recipient. */
const isOfTransaction = ({ responseCode = 0, command = '' }: SmtpError): boolean =>
  responseCode >= 400 && !LOGIN_CODES.has(responseCode) && /^(MAIL FROM|RCPT TO|DATA)$/.test(command);

const MAX_REASON_LENGTH = 500;

/** The server's own words, in one line that can be stored. */
const reasonOf = ({ response, message, code }: SmtpError): string =>
  (response ?? (code === undefined ? message : `${code}: ${message}`))
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON_LENGTH)
    .toWellFormed();
