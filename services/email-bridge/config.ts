import { addressKey, BareAddress } from '@missions/contracts/email/address.ts';
import { parser } from '@missions/contracts/schema.ts';
import {
  ConfigError,
  type Config,
  type Env,
  integer,
  oneOf,
  readConfig,
  secret,
  string,
  url,
} from '@missions/runtime/config.ts';
import { logLevels } from '@missions/runtime/logger.ts';

const addresses = ['127.0.0.1', '0.0.0.0', '::1', '::'] as const;

const settings = {
  /** The service's own role; it owns the schema `email_bridge` and reaches no other. */
  databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }),
  natsUrl: url('NATS_URL', { protocols: ['nats:', 'tls:'] }),
  healthPort: integer('HEALTH_PORT', { default: 8080, min: 0, max: 65_535 }),
  healthHost: oneOf('HEALTH_HOST', ['127.0.0.1', '0.0.0.0'], { default: '127.0.0.1' }),
  logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
  poolSize: integer('DATABASE_POOL', { default: 10, min: 3, max: 200 }),
  /** The mail server that takes what is sent; without one it lands in `outbox` under `dataDir`. */
  smtpUrl: url('SMTP_URL', { optional: true, protocols: ['smtp:', 'smtps:'] }),
  /** XOAUTH2, in the place of the password of the URL: the token, or a file that whoever renews it writes. */
  smtpAccessToken: secret('SMTP_ACCESS_TOKEN', { optional: true }),
  smtpAccessTokenFile: string('SMTP_ACCESS_TOKEN_FILE', { optional: true }),
  dataDir: string('DATA_DIR', { default: '.data' }),
  mailDomain: string('MAIL_DOMAIN', { default: 'localhost' }),
  /** From which mail is sent and to which, with a tag, it is answered. */
  mailAddress: string('MAIL_ADDRESS', { optional: true }),
  /** 0: any free one, and the log says which. */
  inboundSmtpPort: integer('INBOUND_SMTP_PORT', { default: 2525, min: 0, max: 65_535 }),
  inboundSmtpHost: oneOf('INBOUND_SMTP_HOST', addresses, { default: '127.0.0.1' }),
  inboundLmtpPort: integer('INBOUND_LMTP_PORT', { optional: true, min: 0, max: 65_535 }),
  /** A mailbox to be followed besides. */
  imapUrl: url('IMAP_URL', { optional: true, protocols: ['imap:', 'imaps:'] }),
  imapAccessToken: secret('IMAP_ACCESS_TOKEN', { optional: true }),
  imapAccessTokenFile: string('IMAP_ACCESS_TOKEN_FILE', { optional: true }),
};

export type EmailConfig = Omit<Config<typeof settings>, 'mailAddress'> & { readonly mailAddress: string };

/** @throws ConfigError naming every variable that is missing or wrong. */
export function emailConfig(env: Env = process.env): EmailConfig {
  const problems = mailProblems(env);
  try {
    const config = readConfig(env, settings);
    if (problems.length > 0) throw new ConfigError(problems);
    return { ...config, mailAddress: config.mailAddress ?? `reply@${config.mailDomain}` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...new Set([...error.problems, ...problems])]);
  }
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const parseAddress = parser(BareAddress);
/** RFC 5321 section 4.5.3.1.1, less the tag: `+` and 26 characters. */
const MAX_LOCAL_PART = 64 - 27;

/** What is wrong with these in themselves and with each other. */
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
  for (const protocol of ['SMTP', 'IMAP']) {
    const [one, other] = [`${protocol}_ACCESS_TOKEN`, `${protocol}_ACCESS_TOKEN_FILE`];
    if (env[one] && env[other]) problems.push(`${other} says the same as ${one}: set one of them`);
    if ((env[one] || env[other]) && !userOf(env[`${protocol}_URL`])) {
      problems.push(
        `${env[one] ? one : other} needs ${protocol}_URL to name the user, e.g. ${protocol.toLowerCase()}s://me%40gmail.com@${protocol.toLowerCase()}.gmail.com`,
      );
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
