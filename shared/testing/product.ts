import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, program } from './program.ts';
import type { TestDatabase } from './test-database.ts';

export type ServiceName = 'mission' | 'approval' | 'scheduler' | 'gateway';

export interface ProductOptions {
  database: TestDatabase;
  natsUrlFor: (user: string) => string;
  /** Laid over a service's environment. */
  env?: Partial<Record<ServiceName, Record<string, string>>>;
  /** A program in the place of a service's own `main.ts`, from the project's root. */
  script?: Partial<Record<ServiceName, string>>;
}

/** The product as it is deployed: each service a process of its own, started by the command that `npm start` and the containers use. */
export interface Product {
  /** Of the gateway. */
  readonly origin: string;
  /** HUB_SERVICE_SECRET. */
  readonly secret: string;
  readonly mission: Program;
  readonly approval: Program;
  readonly scheduler: Program;
  readonly gateway: Program;
  /** Of its logs; gone when it is stopped. */
  readonly folder: string;
  /** The ends of all logs, for the message of a test that failed. */
  logs(): string;
  stop(): Promise<void>;
}

const SECRET = 'a-secret-of-the-tests';

/** Resolves when all of it is ready. @throws Error with the end of the log of what is not. */
export async function startProduct({ database, natsUrlFor, env = {}, script = {} }: ProductOptions): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-product-'));
  const service = (name: ServiceName, own: (port: number) => Record<string, string>): Promise<Program> =>
    program({
      name,
      script: script[name] ?? `services/${name}/main.ts`,
      env: (port) => ({ NODE_ENV: 'production', NATS_URL: natsUrlFor(name), ...own(port), ...env[name] }),
      folder,
    });
  const mission = await service('mission', (port) => ({ DATABASE_URL: database.urlFor('mission'), HEALTH_PORT: String(port) }));
  const approval = await service('approval', (port) => ({ DATABASE_URL: database.urlFor('approval'), HEALTH_PORT: String(port) }));
  const scheduler = await service('scheduler', (port) => ({ DATABASE_URL: database.urlFor('scheduler'), HEALTH_PORT: String(port) }));
  const gateway = await service('gateway', (port) => ({ DATABASE_URL: database.urlFor('gateway'), HUB_SERVICE_SECRET: SECRET, PORT: String(port) }));
  const programs = [mission, approval, scheduler, gateway];
  const stop = async (): Promise<void> => {
    // In the order in which they stand on each other.
    for (const one of programs.toReversed()) if (one.running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(programs.map((one) => one.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    origin: `http://127.0.0.1:${gateway.port}`,
    secret: SECRET,
    mission,
    approval,
    scheduler,
    gateway,
    folder,
    logs: () => programs.map((one) => `── ${one.name}\n${one.logTail(30)}`).join('\n'),
    stop,
  };
}
