import { accessSync, constants } from 'node:fs';
import { addressKey, BareAddress } from '@missions/contracts/email/address.ts';
import { parser } from '@missions/contracts/schema.ts';
import { type Config, ConfigError, type Env, integer, oneOf, secret, string, url } from '@missions/runtime/config.ts';
import { serviceConfig, type ServiceConfig } from '@missions/service-kit/config.ts';

const listenAddresses = ['127.0.0.1', '0.0.0.0', '::1', '::'] as const;

const settings = {
  /**
   * The mail server that e-mails are sent through. Without one, they are written into the folder `outbox` in `dataDir`.
   */
  smtpUrl: url('SMTP_URL', { optional: true, protocols: ['smtp:', 'smtps:'], mayBeInFile: true }),
  /** XOAUTH2 in place of the URL's password: the token, or a file in which another program renews the token. */
  smtpAccessToken: secret('SMTP_ACCESS_TOKEN', { optional: true, mayBeInFile: false }),
  smtpAccessTokenFile: string('SMTP_ACCESS_TOKEN_FILE', { optional: true }),
  dataDir: string('DATA_DIR', { default: '.data' }),
  mailDomain: string('MAIL_DOMAIN', { default: 'localhost' }),
  /** The mailbox that e-mails are sent from; replies go to it with a tag. */
  mailAddress: string('MAIL_ADDRESS', { optional: true }),
  /**
   * The authserv-id (RFC 8601) of the mail server in front: the results of its checks of senders are believed. It must
   * be one that strangers' mail passes; without one, nothing is believed.
   */
  mailTrustedAuthserv: string('MAIL_TRUSTED_AUTHSERV', { optional: true }),
  /** Which mail is sent only with a receipt that proves the approval of exactly that mail. */
  emailRequiresReceipt: oneOf('EMAIL_REQUIRES_RECEIPT', ['never', 'unknown-recipients', 'all'], { default: 'never' }),
  /** 0 for any free port, which the log names. */
  inboundSmtpPort: integer('INBOUND_SMTP_PORT', { default: 2525, min: 0, max: 65_535 }),
  inboundSmtpHost: oneOf('INBOUND_SMTP_HOST', listenAddresses, { default: '127.0.0.1' }),
  /** The files (PEM) of the listener's certificate, with its chain, and of its key: both, or no STARTTLS. */
  inboundSmtpTlsCertFile: string('INBOUND_SMTP_TLS_CERT_FILE', { optional: true }),
  inboundSmtpTlsKeyFile: string('INBOUND_SMTP_TLS_KEY_FILE', { optional: true }),
  /** Of one address, at once; the listener has room for 100. */
  inboundSmtpConnectionsPerAddress: integer('INBOUND_SMTP_CONNECTIONS_PER_ADDRESS', { default: 20, min: 1, max: 100 }),
  /** Unknown recipients that one address may ask for in a minute, over all its connections. */
  inboundSmtpUnknownPerMinute: integer('INBOUND_SMTP_UNKNOWN_PER_MINUTE', { default: 100, min: 1, max: 1_000_000 }),
  /** From connect to close, whatever the client does. */
  inboundSmtpSessionSeconds: integer('INBOUND_SMTP_SESSION_SECONDS', { default: 600, min: 10, max: 86_400 }),
  /** How long mail is kept that could not be read and was set aside. */
  setAsideMailDays: integer('SET_ASIDE_MAIL_DAYS', { default: 30, min: 1, max: 3_650 }),
  inboundLmtpPort: integer('INBOUND_LMTP_PORT', { optional: true, min: 0, max: 65_535 }),
  /** A mailbox that replies are read from, in addition to the listeners. */
  imapUrl: url('IMAP_URL', { optional: true, protocols: ['imap:', 'imaps:'], mayBeInFile: true }),
  imapAccessToken: secret('IMAP_ACCESS_TOKEN', { optional: true, mayBeInFile: false }),
  imapAccessTokenFile: string('IMAP_ACCESS_TOKEN_FILE', { optional: true }),
};

export type EmailConfig = ServiceConfig &
  Omit<Config<typeof settings>, 'mailAddress'> & { readonly mailAddress: string };

const readSettings = serviceConfig(settings);

/** @throws ConfigError naming every variable that is missing or wrong */
export function emailConfig(env: Env = process.env): EmailConfig {
  const problems = mailProblems(env);
  try {
    const config = readSettings(env);
    if (problems.length > 0) throw new ConfigError(problems);
    return { ...config, mailAddress: config.mailAddress ?? `reply@${config.mailDomain}` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...new Set([...error.problems, ...problems])]);
  }
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const parseAddress = parser(BareAddress);
/** The 64 characters of RFC 5321 section 4.5.3.1.1, without the tag: `+` and 26 characters. */
const MAX_LOCAL_PART = 64 - 27;

/** The faults of single variables, and of variables that do not fit each other. */
function mailProblems(env: Env): string[] {
  const { MAIL_DOMAIN: domain, MAIL_ADDRESS: address } = env;
  const problems: string[] = [];
  if (domain && !DOMAIN.test(domain)) problems.push('MAIL_DOMAIN must be the name of a host, e.g. mail.example.com');
  if (address) {
    const local = addressKey(address).split('@')[0] ?? '';
    if (!isAddress(address)) problems.push('MAIL_ADDRESS must be an address, e.g. reply@example.com');
    else if (local.includes('+')) problems.push('MAIL_ADDRESS must have no +tag: each e-mail gets its own');
    else if (local.length > MAX_LOCAL_PART)
      problems.push(
        `MAIL_ADDRESS must have at most ${MAX_LOCAL_PART} characters before the @, for each e-mail adds a tag`,
      );
  }
  const [cert, key] = ['INBOUND_SMTP_TLS_CERT_FILE', 'INBOUND_SMTP_TLS_KEY_FILE'] as const;
  if (!env[cert] !== !env[key])
    problems.push(`${env[cert] ? key : cert} must be set as well: STARTTLS needs both files, or none is set`);
  for (const variable of [cert, key])
    if (env[variable] && !isReadable(env[variable])) problems.push(`${variable} names a file that cannot be read`);
  for (const protocol of ['SMTP', 'IMAP']) {
    const [one, other] = [`${protocol}_ACCESS_TOKEN`, `${protocol}_ACCESS_TOKEN_FILE`];
    if (env[one] && env[other]) problems.push(`${other} and ${one} are both set: set one of them`);
    if ((env[one] || env[other]) && !env[`${protocol}_URL_FILE`] && !userOf(env[`${protocol}_URL`])) {
      const scheme = protocol.toLowerCase();
      const example = `${scheme}s://me%40gmail.com@${scheme}.gmail.com`;
      problems.push(`${env[one] ? one : other} needs ${protocol}_URL to name the user, e.g. ${example}`);
    }
  }
  return problems;
}

const userOf = (text: string | undefined): string => (text && URL.canParse(text) ? new URL(text).username : '');

function isAddress(text: string): boolean {
  try {
    return parseAddress(text) === text;
  } catch {
    return false;
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
