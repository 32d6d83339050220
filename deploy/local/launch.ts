import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { choosePorts } from '../dev-servers/ports.ts';
import { provision } from '../dev-servers/provision.ts';
import { lockFolder } from '../process/launcher-lock.ts';
import { stopOrphans } from '../process/orphans.ts';
import { Shutdown } from '../process/shutdown.ts';
import { startAgent } from './agent.ts';
import { checkSettings } from './check-settings.ts';
import { readSettings, type Settings } from './config.ts';
import { openDataFolder, orFullDisk, sayingFullDisk } from './data-folder.ts';
import { buildPage } from './page.ts';
import { openSecrets } from './secrets.ts';
import {
  embeddedNats,
  embeddedPostgres,
  serverOrphans,
  type ServersOptions,
  type SupervisedServer,
} from './servers.ts';
import { type LaunchContext, probeHost, serviceOrphan, startService } from './service-process.ts';
import { signInLink } from './sign-in-link.ts';
import { roleOf, type Service, services } from './services.ts';
import { startupSummary } from './startup-summary.ts';
import { eraseMessagesDaily, keeperOrphan, keepStreams, provisionStreams } from './streams.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const LOG_POLL_MS = 300;
/** The users of NATS that make streams and consumers, and that erase messages. */
const PROVISIONER = 'provisioner';
const ERASER = 'eraser';

/**
 * Resolves when everything runs; a signal stops all processes.
 * @throws Error with a message for the operator. All processes that were started have been stopped then.
 */
export async function launch(env: NodeJS.ProcessEnv): Promise<void> {
  const began = performance.now();
  const read = readSettings(env, ROOT);
  await checkSettings(ROOT, read);
  const { settings } = read;
  const { dataDir } = settings;
  const openFolder = () => ({ logsFolder: openDataFolder(dataDir, say), lock: lockFolder(dataDir) });
  const { logsFolder, lock } = sayingFullDisk(dataDir, openFolder);
  const shutdown = new Shutdown(say, () => lock.release());
  try {
    const candidates = services.map((service) => serviceOrphan(ROOT, dataDir, service));
    const orphans = await stopOrphans([...candidates, keeperOrphan(dataDir), ...serverOrphans(dataDir)]);
    if (orphans.length > 0) say(`Stopped what an earlier start left running: ${orphans.join(', ')}`);
    const ports = await choosePorts(settings.ports, say);
    const secrets = openSecrets(dataDir);
    const serversOptions = { dataDir, logsFolder, secrets, natsSync: settings.natsSync, say };
    const { adminUrl, natsUrl } = await startServers(settings, serversOptions, shutdown);

    const logins = services
      .filter((service) => service.database)
      .map((service) => ({ name: roleOf(service), password: secrets.getOrCreate(`${roleOf(service)}_database`) }));
    const provisionRoles = provision(adminUrl, logins).catch((error: unknown) => {
      throw new Error(`The roles of the services cannot be set up at ${new URL(adminUrl).host}: ${String(error)}`, {
        cause: error,
      });
    });
    const [databaseUrls, pageFolder] = await Promise.all([
      provisionRoles,
      buildPage(ROOT, settings),
      provisionStreams({ root: ROOT, dataDir }, natsUrl(PROVISIONER), settings.inherited),
    ]);

    const hubServiceSecret = settings.hubServiceSecret ?? secrets.getOrCreate('hub_service_secret');
    const context = { ...serversOptions, root: ROOT, settings, ports, hubServiceSecret, databaseUrls, natsUrl };
    say(`Starting ${services.map((service) => service.name).join(', ')}`);
    const publicUrl = settings.perService['gateway']?.['PUBLIC_URL'] ?? `http://127.0.0.1:${ports['PORT']}`;
    const extraOf = ({ edge, name }: Service): NodeJS.ProcessEnv =>
      edge ? { DASHBOARD_DIR: pageFolder } : ['notifier', 'approval'].includes(name) ? { PUBLIC_URL: publicUrl } : {};
    const running = services
      .filter(({ agent }) => !agent)
      .map((service) => startService(service, context, extraOf(service)));
    for (const { supervisor } of running) shutdown.addService(supervisor);
    shutdown.addService(await keepStreams(context, natsUrl(PROVISIONER), settings.inherited));
    await Promise.all(running.map(({ ready }) => ready));

    const address = `http://${probeHost(settings.host)}:${ports['PORT']}`;
    lock.announce({ address, publicUrl });
    const signInMade = signInLink(context, publicUrl);
    const agent = await startAgent(context, address, (process) => {
      running.push(process);
      shutdown.addService(process.supervisor);
    });
    if ('address' in agent) lock.announce({ address, publicUrl, agent: agent.address });
    const logTimer = setInterval(() => running.forEach(({ logTail }) => logTail.poll()), LOG_POLL_MS);
    shutdown.addFinalStep(() => clearInterval(logTimer));
    shutdown.addFinalStep(eraseMessagesDaily(ROOT, natsUrl(ERASER), settings.inherited, say));
    process.stdout.write(
      startupSummary({
        address,
        createdSecret: settings.hubServiceSecret === undefined ? hubServiceSecret : undefined,
        secretsFile: secrets.file,
        signIn: await signInMade,
        agent,
        mail: {
          server: settings.perService['email-bridge']?.['SMTP_URL'],
          outbox: join(dataDir, 'outbox'),
          inbound: `smtp://127.0.0.1:${ports['INBOUND_SMTP_PORT']}`,
        },
        logsFolder: join(logsFolder, '/'),
        seconds: (performance.now() - began) / 1000,
      }),
    );
  } catch (error) {
    const explained = orFullDisk(dataDir, error);
    await shutdown.run();
    throw explained;
  }
}

/** Starts the embedded servers, unless the settings name others. */
async function startServers(
  { databaseUrl, natsUrl }: Settings,
  options: ServersOptions,
  shutdown: Shutdown,
): Promise<{ adminUrl: string; natsUrl: LaunchContext['natsUrl'] }> {
  const embedded = [databaseUrl ? [] : 'PostgreSQL', natsUrl ? [] : 'NATS'].flat();
  if (embedded.length > 0) say(`Starting ${embedded.join(' and ')} in ${options.dataDir}`);
  const whenStarted = <T>({ supervisor, started }: SupervisedServer<T>): Promise<T> => {
    shutdown.addServer(supervisor);
    return started;
  };
  const [adminUrl, urlOfService] = await Promise.all([
    databaseUrl ?? embeddedPostgres(options).then(whenStarted),
    natsUrl ? () => natsUrl : embeddedNats(options).then(whenStarted),
  ]);
  return { adminUrl, natsUrl: urlOfService };
}

function say(text: string): void {
  process.stdout.write(`· ${text}\n`);
}
