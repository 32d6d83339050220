import { domainToASCII } from 'node:url';
import { createTransport } from 'nodemailer';
import { compose } from './compose.ts';
import type { SendResult, Transport } from './transport.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** The longest time without a byte from the server. */
const IDLE_TIMEOUT_MS = 30_000;

export interface SmtpOptions {
  /**
   * `smtp:` or `smtps:`, with user and password if the server asks for them; the query holds settings of nodemailer.
   */
  readonly url: string;
  /** Takes the place of the password (XOAUTH2). It is called for each message, because a token lives for an hour. */
  readonly accessToken?: (() => string | Promise<string>) | undefined;
}

/**
 * One connection for each message, so that a connection that the server closed, or that hangs, costs one attempt of one
 * message.
 */
export function smtpTransport({ url, accessToken }: SmtpOptions): Transport {
  const user = decodeURIComponent(new URL(url).username);
  const server = createTransport({
    url: accessToken ? withoutLogin(url) : url,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
  });
  return {
    async deliver(claimed, recipients, signal) {
      try {
        const auth = accessToken && { type: 'OAuth2', user, accessToken: await accessToken() };
        const { rejectedErrors = [] } = await server.sendMail({
          ...compose(claimed, recipients),
          signal,
          ...(auth && { auth }),
        });
        return resultOf(recipients, rejectedErrors as SmtpError[], null);
      } catch (error) {
        const { rejectedErrors = [] } = error as SmtpError;
        return resultOf(recipients, rejectedErrors, error as SmtpError);
      }
    },
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
  readonly recipient?: string;
  readonly rejectedErrors?: SmtpError[];
}

/** @param failed the error of the attempt as a whole, which counts for each recipient without an error of its own */
function resultOf(recipients: readonly string[], rejected: readonly SmtpError[], failed: SmtpError | null): SendResult {
  const accepted: string[] = [];
  const refused: { address: string; reason: string }[] = [];
  const deferred: { address: string; reason: string }[] = [];
  for (const address of recipients) {
    const isOfRecipient = ({ recipient }: SmtpError): boolean =>
      recipient !== undefined && onTheWire(recipient) === onTheWire(address);
    const error = rejected.find(isOfRecipient) ?? failed;
    if (error === null) accepted.push(address);
    else (isPermanent(error) ? refused : deferred).push({ address, reason: reasonOf(error) });
  }
  return { accepted, refused, deferred };
}

/** nodemailer returns an address with its domain in ASCII, as it was sent. */
function onTheWire(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`.toLowerCase();
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
const isPermanent = ({ responseCode = 0, command = '' }: SmtpError): boolean =>
  responseCode >= 500 && !LOGIN_CODES.has(responseCode) && /^(MAIL FROM|RCPT TO|DATA)$/.test(command);

const MAX_REASON_LENGTH = 500;

/** The server's own words, in one line that can be stored. */
const reasonOf = ({ response, message, code }: SmtpError): string =>
  (response ?? (code === undefined ? message : `${code}: ${message}`))
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON_LENGTH)
    .toWellFormed();
