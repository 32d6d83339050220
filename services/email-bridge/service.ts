import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectBus } from '@missions/messaging/connect.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { openDatabase } from '@missions/persistence/database.ts';
import { startHousekeeping } from '@missions/persistence/housekeeping.ts';
import { migrate } from '@missions/persistence/migrate.ts';
import type { RelayFaults } from '@missions/persistence/outbox/drain.ts';
import { startRelay } from '@missions/persistence/outbox/relay.ts';
import { type Clock, systemClock } from '@missions/runtime/clock.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Life } from '@missions/runtime/lifecycle.ts';
import { registry } from '@missions/runtime/metrics.ts';
import type { EmailConfig } from './config.ts';
import { startConsuming } from './subscriptions/consume.ts';
import type { Context } from './commands/context.ts';
import { emailEndpoints } from './requests/endpoints.ts';
import { newToken } from './commands/new-token.ts';
import { type ListenerFaults, startListener } from './smtp/listener.ts';
import { startMailbox } from './imap/mailbox.ts';
import { readMessage } from './mail-parsing/message.ts';
import type { SendingFaults } from './smtp/attempt.ts';
import { folderTransport } from './smtp/folder-transport.ts';
import { startSending } from './smtp/queue.ts';
import { smtpTransport } from './smtp/smtp-transport.ts';
import { emailEntities } from './store/entities.ts';
import { emailMigrations } from './store/migrations.ts';

export interface EmailOptions {
  /** A virtual one overrules the database's, so that a test can live days in a second. */
  clock?: Clock;
  faults?: RelayFaults & SendingFaults & ListenerFaults;
}

/** The service's wiring, several times in one process if need be: what a process has once stands in `main.ts`. */
export async function startEmailBridge(
  { logger, health, stopping, onStop }: Life,
  config: EmailConfig,
  { clock = systemClock, faults = {} }: EmailOptions = {},
): Promise<void> {
  logger.level = config.logLevel;
  const probes = await serveHealth({ port: config.healthPort, host: config.healthHost, health, metrics: registry });
  onStop('health', () => probes.close());

  const db = await openDatabase({
    url: config.databaseUrl,
    schema: 'email_bridge',
    entities: emailEntities,
    migrations: emailMigrations,
    poolSize: config.poolSize,
    logger,
  });
  onStop('database', () => db.close());
  await migrate(db);
  health.add('database', () => db.check());

  const bus = await connectBus({ servers: config.natsUrl, name: 'email-bridge', logger, signal: stopping });
  onStop('bus', () => bus.drain());
  await bus.ensureStreams(['EMAIL', 'SCHEDULER']);
  health.add('nats', () => bus.check());

  const relay = startRelay({ db, publish: (event) => bus.publish(event), logger, faults });
  onStop('relay', () => relay.stop());
  health.add('outbox', () => relay.check());
  const housekeeping = startHousekeeping(db, { logger });
  onStop('housekeeping', () => housekeeping.stop());

  const { mailAddress, mailDomain } = config;
  const context: Context = {
    db,
    clock,
    newId,
    newToken,
    logger,
    mailAddress,
    mailDomain,
    readMessage,
    admit: () => relay.admit(),
    wakeSender: () => sending.wake(),
  };
  const sending = startSending(context, { transport: await transportOf(config, logger), faults });
  onStop('sending', () => sending.stop());

  const requests = await bus.serve('email-bridge', emailEndpoints(context), { classify: databaseProblem });
  onStop('requests', () => requests.stop());
  const consumptions = await startConsuming(bus, context);
  onStop('consumers', () => consumptions.stop());

  await listen(context, config, faults, onStop);
  if (config.imapUrl !== undefined) {
    const mailbox = startMailbox({
      context,
      url: config.imapUrl,
      accessToken: tokenFrom(config.imapAccessToken, config.imapAccessTokenFile),
    });
    onStop('mailbox', () => mailbox.stop());
    health.add('mailbox', () => mailbox.check());
  }
}

/** Last of all: what a mail server brings is answered once it is stored, and told. */
async function listen(
  context: Context,
  { inboundSmtpPort, inboundSmtpHost: host, inboundLmtpPort }: EmailConfig,
  faults: ListenerFaults,
  onStop: Life['onStop'],
): Promise<void> {
  const doors = [
    { port: inboundSmtpPort, lmtp: false },
    ...(inboundLmtpPort === undefined ? [] : [{ port: inboundLmtpPort, lmtp: true }]),
  ];
  for (const { port, lmtp } of doors) {
    const listener = await startListener({ context, port, host, lmtp, faults });
    onStop(lmtp ? 'lmtp' : 'smtp', () => listener.stop());
    context.logger.info(
      { protocol: lmtp ? 'lmtp' : 'smtp', host, port: listener.port, mail_address: context.mailAddress },
      'mail is taken here',
    );
  }
}

async function transportOf(
  { smtpUrl, smtpAccessToken, smtpAccessTokenFile, dataDir }: EmailConfig,
  logger: Life['logger'],
) {
  if (smtpUrl !== undefined)
    return smtpTransport({ url: smtpUrl, accessToken: tokenFrom(smtpAccessToken, smtpAccessTokenFile) });
  const folder = join(dataDir, 'outbox');
  logger.warn({ folder }, 'there is no SMTP_URL: what is sent lands in a folder');
  return await folderTransport(folder);
}

/** A file is read each time a token is needed: it holds the one that was renewed last. */
function tokenFrom(token: string | undefined, file: string | undefined): (() => string | Promise<string>) | undefined {
  if (file !== undefined) return async () => (await readFile(file, 'utf8')).trim();
  return token === undefined ? undefined : () => token;
}
