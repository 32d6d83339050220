import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RelayFaults } from '@missions/persistence/outbox/drain.ts';
import { noteCertificate } from '@missions/runtime/certificates.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { defineService, type Job, type ServiceContext } from '@missions/service-kit/service.ts';
import { type Context, newToken } from './commands/execute-command.ts';
import { type EmailConfig, emailConfig } from './config.ts';
import { startMailbox } from './imap/mailbox.ts';
import { startSetAsidePurge } from './jobs/purge-set-aside.ts';
import { startMailReader } from './mail-parsing/reader.ts';
import { emailEndpoints } from './requests/emails.ts';
import { noticeEndpoints } from './requests/notices.ts';
import { operateEndpoints } from './requests/operate.ts';
import { receiptEndpoints } from './requests/receipts.ts';
import { replyEndpoints } from './requests/replies.ts';
import { tokenReader } from './server-access.ts';
import { startFileErasure } from './smtp/erase-files.ts';
import { folderTransport } from './smtp/folder-transport.ts';
import { type ListenerFaults, startListener } from './smtp/listener.ts';
import { missionPermission } from './smtp/mission-permission.ts';
import { startNoticeSending } from './smtp/notice-queue.ts';
import { type SendingFaults, startSending } from './smtp/queue.ts';
import { smtpTransport } from './smtp/smtp-transport.ts';
import type { NoticeTransport, Transport } from './smtp/transport.ts';
import { emailEntities } from './store/entities.ts';
import { measureMail } from './store/measure.ts';
import { emailMigrations } from './store/migrations.ts';
import { emailSubscriptions } from './subscriptions/subscriptions.ts';

export type EmailFaults = RelayFaults & SendingFaults & ListenerFaults;

interface BridgeContext extends Context, ServiceContext<EmailConfig> {
  readonly faults: EmailFaults;
}

/** Tracked e-mails and their replies (specification sections 3.6 and 8). */
export const emailBridge = defineService({
  name: 'email-bridge',
  config: emailConfig,
  database: { entities: emailEntities, migrations: emailMigrations },
  streams: ['EMAIL', 'SCHEDULER'],
  async context(base: ServiceContext<EmailConfig>, faults: EmailFaults): Promise<BridgeContext> {
    const reader = startMailReader({ trustedAuthserv: base.config.mailTrustedAuthserv ?? '' });
    const wake = (): void => [sending, telling].forEach((queue) => queue.wake());
    const context = { ...base, faults, ...mailContext(base, wake, reader) };
    reader.warmUp();
    const transport = await transportFor(base.config, base.logger);
    const askPermission = missionPermission(base.bus.request.bind(base.bus));
    const sending = startSending(context, { transport, faults, askPermission });
    base.onStop('sending', () => sending.stop());
    const telling = startNoticeSending(context, transport);
    base.onStop('sending of notices', () => telling.stop());
    return context;
  },
  endpoints: (context) => [
    ...emailEndpoints(context),
    ...noticeEndpoints(context),
    ...receiptEndpoints(context),
    ...replyEndpoints(context),
    ...operateEndpoints(context),
  ],
  subscriptions: emailSubscriptions,
  jobs: bridgeJobs,
  measure: measureMail,
});

/** The part of the handlers' context that this service adds to the kit's. Stops with the service. */
export function mailContext(
  { config, onStop }: Pick<ServiceContext<EmailConfig>, 'config' | 'onStop'>,
  wakeSender: () => void,
  reader = startMailReader({ trustedAuthserv: config.mailTrustedAuthserv ?? '' }),
): Omit<Context, keyof ServiceContext> {
  onStop('reading of mail', () => reader.stop());
  return {
    newToken,
    readMessage: reader.read,
    mailAddress: config.mailAddress,
    mailDomain: config.mailDomain,
    wakeSender,
  };
}

/**
 * The erasure of files, and the ways in for mail from outside, started last: a message is acknowledged when it is
 * committed, and is announced soon after.
 */
function* bridgeJobs(context: BridgeContext): Iterable<Job | Promise<Job>> {
  const { inboundSmtpPort, inboundLmtpPort, imapUrl, imapAccessToken, imapAccessTokenFile } = context.config;
  const erasing = startFileErasure(context, outboxFolder(context.config));
  yield { name: 'erasure of sent files', stop: () => erasing.stop() };
  yield startSetAsidePurge(context, { days: context.config.setAsideMailDays });
  yield listen(context, 'smtp', inboundSmtpPort);
  if (inboundLmtpPort !== undefined) yield listen(context, 'lmtp', inboundLmtpPort);
  if (imapUrl !== undefined) {
    const accessToken = tokenReader(imapAccessToken, imapAccessTokenFile);
    const mailbox = startMailbox({ context, url: imapUrl, accessToken });
    yield { name: 'mailbox', stop: () => mailbox.stop(), check: () => mailbox.check() };
  }
}

async function listen(context: BridgeContext, protocol: 'smtp' | 'lmtp', port: number): Promise<Job> {
  const { config, faults, logger, mailAddress } = context;
  const host = config.inboundSmtpHost;
  const listener = await startListener({
    context,
    port,
    host,
    lmtp: protocol === 'lmtp',
    tls: await certificate(config),
    maxConnectionsPerAddress: config.inboundSmtpConnectionsPerAddress,
    maxRefusedPerAddress: config.inboundSmtpUnknownPerMinute,
    sessionTimeoutMs: config.inboundSmtpSessionSeconds * 1_000,
    faults,
  });
  logger.info({ protocol, host, port: listener.port, mail_address: mailAddress }, 'mail is received here');
  return { name: protocol, stop: () => listener.stop() };
}

/** Read at the start: a renewed certificate needs a restart. @throws Error if a file cannot be read. */
async function certificate({
  inboundSmtpTlsCertFile,
  inboundSmtpTlsKeyFile,
}: EmailConfig): Promise<{ cert: string; key: string } | undefined> {
  if (inboundSmtpTlsCertFile === undefined || inboundSmtpTlsKeyFile === undefined) return undefined;
  const [cert, key] = await Promise.all([
    readFile(inboundSmtpTlsCertFile, 'utf8'),
    readFile(inboundSmtpTlsKeyFile, 'utf8'),
  ]);
  noteCertificate('inbound smtp', cert);
  return { cert, key };
}

async function transportFor(config: EmailConfig, logger: Logger): Promise<Transport & NoticeTransport> {
  const { smtpUrl, smtpAccessToken, smtpAccessTokenFile } = config;
  if (smtpUrl !== undefined) {
    return smtpTransport({ url: smtpUrl, accessToken: tokenReader(smtpAccessToken, smtpAccessTokenFile) });
  }
  const folder = outboxFolder(config);
  logger.warn({ folder }, 'SMTP_URL is not set: messages are written into a folder instead of being sent');
  return await folderTransport(folder);
}

const outboxFolder = ({ dataDir }: EmailConfig): string => join(dataDir, 'outbox');
