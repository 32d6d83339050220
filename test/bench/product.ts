import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment } from '@missions/deploy/local/node-environment.ts';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { type Program, startProgram } from './program.ts';
import type { BenchNats } from './servers.ts';

/** Kept between runs: a service that was started before is what is measured. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/missions-bench', import.meta.url));

export interface Product {
  /** Of the gateway. */
  origin: string;
  programs: Program[];
  /** Of the mission service. */
  metricsUrl: string;
}

export interface ProductOptions {
  /** Tells the log files of several copies apart. */
  name: string;
  database: TestDatabase;
  nats: BenchNats;
  secret: string;
  folder: string;
  /** Laid over the mission service's environment. */
  mission?: Record<string, string>;
}

/**
 * The product as it is deployed: each service a process of its own, started by the command that `npm start` and the
 * containers use.
 */
export async function startProduct({
  name,
  database,
  nats,
  secret,
  folder,
  mission = {},
}: ProductOptions): Promise<Product> {
  const [port, healthPort] = await Promise.all([freePort(), freePort()]);
  const origin = `http://127.0.0.1:${port}`;
  const service = (which: string, env: Record<string, string>, readyUrl: string): Promise<Program> =>
    startProgram({
      name: `${name} ${which}`,
      service: which,
      script: `services/${which}/main.ts`,
      env: {
        NODE_ENV: 'production',
        ...nodeEnvironment(cache, which, { NODE_OPTIONS: process.env['NODE_OPTIONS'] }),
        NATS_URL: nats.urlFor(which),
        ...callerKeyEnv(which),
        DATABASE_URL: database.urlFor(which),
        ...env,
      },
      readyUrl,
      // Rows that need one of these start it themselves.
      mayLack: ['approval', 'scheduler', 'email-bridge', 'notifier'],
      logFile: join(folder, `${name}-${which}.log`),
    });
  const programs = [
    await service('mission', { HEALTH_PORT: String(healthPort), ...mission }, `http://127.0.0.1:${healthPort}/readyz`),
  ];
  try {
    programs.push(await service('gateway', { PORT: String(port), HUB_SERVICE_SECRET: secret }, `${origin}/readyz`));
  } catch (error) {
    for (const program of programs) await program.stop();
    throw error;
  }
  return { origin, programs, metricsUrl: `http://127.0.0.1:${healthPort}/metrics` };
}

/** A service that stands behind the gateway and is needed by some rows only. */
export async function startBehind(
  service: 'approval' | 'scheduler' | 'email-bridge',
  { database, nats, folder }: Pick<ProductOptions, 'database' | 'nats' | 'folder'>,
  env: Record<string, string> = {},
): Promise<Program> {
  const port = await freePort();
  return startProgram({
    name: service,
    service,
    script: `services/${service}/main.ts`,
    env: {
      NODE_ENV: 'production',
      ...nodeEnvironment(cache, service, { NODE_OPTIONS: process.env['NODE_OPTIONS'] }),
      NATS_URL: nats.urlFor(service),
      ...callerKeyEnv(service),
      DATABASE_URL: database.urlFor(service.replace('-', '_')),
      HEALTH_PORT: String(port),
      ...env,
    },
    readyUrl: `http://127.0.0.1:${port}/readyz`,
    logFile: join(folder, `${service}.log`),
  });
}
