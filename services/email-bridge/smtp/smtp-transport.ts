import { domainToASCII } from 'node:url';
import { createTransport } from 'nodemailer';
import { compose } from './compose.ts';
import type { Delivered, Transport } from './transport.ts';

const CONNECT_WITHIN_MS = 15_000;
/** Of silence. */
const SILENT_AT_MOST_MS = 30_000;

export interface SmtpOptions {
  /** `smtp:` or `smtps:`, with user and password where the server asks for them, and settings of nodemailer as its query. */
  readonly url: string;
  /** In the place of a password (XOAUTH2); asked for each message, for tokens live an hour. */
  readonly accessToken?: (() => string | Promise<string>) | undefined;
}

/** A connection for each message: one that the server has closed meanwhile, or that hangs, then costs one attempt of one message. */
export function smtpTransport({ url, accessToken }: SmtpOptions): Transport {
  const user = decodeURIComponent(new URL(url).username);
  const server = createTransport({
    url: accessToken ? withoutLogin(url) : url,
    connectionTimeout: CONNECT_WITHIN_MS,
    greetingTimeout: CONNECT_WITHIN_MS,
    dnsTimeout: CONNECT_WITHIN_MS,
    socketTimeout: SILENT_AT_MOST_MS,
  });
  return {
    async deliver(due, recipients, signal) {
      try {
        const auth = accessToken && { type: 'OAuth2', user, accessToken: await accessToken() };
        const { rejectedErrors = [] } = await server.sendMail({
          ...compose(due, recipients),
          signal,
          ...(auth && { auth }),
        });
        return delivered(recipients, rejectedErrors as SmtpError[], null);
      } catch (error) {
        const { rejectedErrors = [] } = error as SmtpError;
        return delivered(recipients, rejectedErrors, error as SmtpError);
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

/** `failed`: the whole attempt was, and whoever has no error of his own shares that one. */
function delivered(recipients: readonly string[], rejected: readonly SmtpError[], failed: SmtpError | null): Delivered {
  const accepted: string[] = [];
  const refused: { address: string; reason: string }[] = [];
  const deferred: { address: string; reason: string }[] = [];
  for (const address of recipients) {
    const error =
      rejected.find((it) => it.recipient !== undefined && onTheWire(it.recipient) === onTheWire(address)) ?? failed;
    if (error === null) accepted.push(address);
    else (isForGood(error) ? refused : deferred).push({ address, reason: reasonOf(error) });
  }
  return { accepted, refused, deferred };
}

/** Addresses come back from nodemailer with the domain in the letters of the protocol. */
function onTheWire(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`.toLowerCase();
}

/** About the login, or the encryption before it (RFC 4954 section 6): our own configuration is wrong, and nobody's mailbox. */
const ABOUT_US = new Set([530, 534, 535, 538]);

/** RFC 5321 section 4.2.1: 5xx of the mail transaction. What a server says before it (a greeting of 554, a login refused) may be mended, and is tried again. */
const isForGood = ({ responseCode = 0, command = '' }: SmtpError): boolean =>
  responseCode >= 500 && !ABOUT_US.has(responseCode) && /^(MAIL FROM|RCPT TO|DATA)$/.test(command);

const MAX_REASON = 500;
const reasonOf = ({ response, message, code }: SmtpError): string =>
  storable(response ?? (code === undefined ? message : `${code}: ${message}`))
    .slice(0, MAX_REASON)
    .toWellFormed();
/** A server's words, in one line. */
const storable = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();
