import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { startAgent } from './agent.ts';
import { startupSummary } from './startup-summary.ts';
import { readSettings } from './config.ts';
import { openDataFolder } from './data-folder.ts';
import { lockFolder } from '../process/launcher-lock.ts';
import { stopOrphans } from '../process/orphans.ts';
import { choosePorts } from '../dev-servers/ports.ts';
import { provision } from '../dev-servers/provision.ts';
import { openSecrets } from './secrets.ts';
import { embeddedNats, embeddedPostgres, serverSuspects } from './servers.ts';
import { probeHost, serviceSuspect, startService } from './service-process.ts';
import { roleOf, services } from './services.ts';
import { Shutdown } from '../process/shutdown.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const LOOK_AT_LOGS_MS = 300;

/** Resolves when everything is up; what it started ends on a signal. @throws Error to be shown to the operator; everything is stopped then. */
export async function launch(env: NodeJS.ProcessEnv): Promise<void> {
  const began = performance.now();
  const settings = readSettings(env, ROOT);
  const { dataDir } = settings;
  const logsFolder = openDataFolder(dataDir, say);
  const lock = lockFolder(dataDir);
  const shutdown = new Shutdown(say, () => lock.release());
  try {
    const suspects = [...services.map((service) => serviceSuspect(ROOT, dataDir, service)), ...serverSuspects(dataDir)];
    const orphans = await stopOrphans(suspects);
    if (orphans.length > 0) say(`Stopped what an earlier start left running: ${orphans.join(', ')}`);
    const ports = await choosePorts(settings.ports, say);
    const secrets = openSecrets(dataDir);
    const surroundings = { dataDir, logsFolder, secrets, say };

    if (!settings.databaseUrl || !settings.natsUrl) {
      say(
        `Starting ${[settings.databaseUrl ? [] : 'PostgreSQL', settings.natsUrl ? [] : 'NATS'].flat().join(' and ')} in ${dataDir}`,
      );
    }
    const [adminUrl, natsUrl] = await Promise.all([
      settings.databaseUrl ??
        embeddedPostgres(surroundings).then((server) => shutdown.afterServices(server.keeper, server.started)),
      settings.natsUrl
        ? () => settings.natsUrl as string
        : embeddedNats(surroundings).then((server) => shutdown.afterServices(server.keeper, server.started)),
    ]);
    const logins = services
      .filter((service) => service.database)
      .map((service) => ({ name: roleOf(service), password: secrets.of(`${roleOf(service)}_database`) }));
    const databaseUrls = await provision(adminUrl, logins).catch((error: unknown) => {
      throw new Error(`The roles of the services cannot be set up at ${new URL(adminUrl).host}: ${String(error)}`, {
        cause: error,
      });
    });

    const hubServiceSecret = settings.hubServiceSecret ?? secrets.of('hub_service_secret');
    const around = { ...surroundings, root: ROOT, settings, ports, hubServiceSecret, databaseUrls, natsUrl };
    say(`Starting ${services.map((service) => service.name).join(', ')}`);
    const running = services.filter(({ agent }) => !agent).map((service) => startService(service, around));
    for (const { keeper } of running) shutdown.first(keeper);
    await Promise.all(running.map(({ ready }) => ready));

    const address = `http://${probeHost(settings.host)}:${ports['PORT']}`;
    lock.announce(address);
    const agent = await startAgent(around, address, (started) => {
      running.push(started);
      shutdown.first(started.keeper);
    });
    const looking = setInterval(() => running.forEach(({ view }) => view.look()), LOOK_AT_LOGS_MS);
    shutdown.atTheEnd(() => clearInterval(looking));
    process.stdout.write(
      startupSummary({
        address,
        madeSecret: settings.hubServiceSecret === undefined ? hubServiceSecret : undefined,
        secretsFile: secrets.file,
        agent,
        mail: {
          server: settings.own['email-bridge']?.['SMTP_URL'],
          outbox: join(dataDir, 'outbox'),
          inbound: `smtp://127.0.0.1:${ports['INBOUND_SMTP_PORT']}`,
        },
        logsFolder: join(logsFolder, '/'),
        seconds: (performance.now() - began) / 1000,
      }),
    );
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

function say(text: string): void {
  process.stdout.write(`· ${text}\n`);
}
