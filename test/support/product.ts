import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { callerKeyEnv } from './caller-keys.ts';
import { pageFolder } from './page-folder.ts';
import { type Program, program } from './program.ts';
import type { TestDatabase } from './test-database.ts';

export const serviceNames = ['mission', 'approval', 'scheduler', 'email-bridge', 'notifier', 'gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface ProductOptions {
  database: TestDatabase;
  natsUrlFor: (user: string) => string;
  /** Overrides a service's environment. */
  env?: Partial<Record<ServiceName, Record<string, string>>>;
  /** A program that is started instead of a service's `main.ts`, as a path from the project's root. */
  script?: Partial<Record<ServiceName, string>>;
  /** The services to start; all of them by default. The gateway counts as ready without the others. */
  only?: readonly ServiceName[];
  /** Services that get a second copy, with its own environment besides that of the first. */
  second?: Partial<Record<ServiceName, Record<string, string>>>;
}

/**
 * The product as it is deployed: each service a process of its own, started by the command that `npm start` and the
 * containers use.
 */
export interface Product extends Record<ServiceName, Program> {
  /** Second copies. */
  readonly seconds: Partial<Record<ServiceName, Program>>;
  /** Origin of the gateway. */
  readonly origin: string;
  /** Origin of the gateway's operators: `/readyz` with reasons, and `/metrics`. */
  readonly healthOrigin: string;
  /** HUB_SERVICE_SECRET. */
  readonly secret: string;
  /** Port on which the email-bridge accepts mail by SMTP. */
  readonly smtpPort: number;
  /** Folder that gets a file for each mail that is sent, unless the bridge has an SMTP_URL. */
  readonly outbox: string;
  /** Folder of the logs; removed when the product is stopped. */
  readonly folder: string;
  /** The ends of all logs, for the message of a test that failed. */
  logs(): string;
  stop(): Promise<void>;
}

const SECRET = 'a-secret-of-the-tests';

/** Resolves when every service is ready. @throws Error with the end of the log of a service that is not. */
export async function startProduct({
  database,
  natsUrlFor,
  env = {},
  script = {},
  only = serviceNames,
  second = {},
}: ProductOptions): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'missions-product-'));
  const page = await pageFolder();
  const smtpPort = await freePort();
  const gatewayHealthPort = await freePort();
  const absent = serviceNames.filter((name) => !only.includes(name));
  const service = async (
    name: ServiceName,
    extra: Record<string, string> = {},
    called: string = name,
  ): Promise<[ServiceName, Program]> => {
    const ownHealthPort = called === name ? gatewayHealthPort : await freePort();
    const at = (port: number): Record<string, string> =>
      name === 'gateway'
        ? {
            PORT: String(port),
            HEALTH_PORT: String(ownHealthPort),
            HUB_SERVICE_SECRET: SECRET,
            DASHBOARD_DIR: page,
          }
        : { HEALTH_PORT: String(port) };
    // All mail comes from one address here.
    const inbound = { INBOUND_SMTP_PORT: String(smtpPort), INBOUND_SMTP_CONNECTIONS_PER_ADDRESS: '100' };
    const mail = name === 'email-bridge' ? { ...inbound, DATA_DIR: folder } : {};
    // One user sends all mail of a spec.
    const limits = name === 'mission' ? { MAIL_RECIPIENTS_PER_DAY: '10000' } : {};
    const surroundings = {
      NODE_ENV: 'production',
      NATS_URL: natsUrlFor(name),
      ...callerKeyEnv(name),
      DATABASE_URL: database.urlFor(name.replaceAll('-', '_')),
      ...mail,
      ...limits,
    };
    return [
      name,
      await program({
        name: called,
        script: script[name] ?? `services/${name}/main.ts`,
        env: (port) => ({ ...surroundings, ...at(port), ...env[name], ...extra }),
        folder,
        ...(name === 'gateway' && { healthPort: ownHealthPort, mayLack: absent }),
      }),
    ];
  };
  const services = Object.fromEntries(await Promise.all(serviceNames.map((name) => service(name)))) as Record<
    ServiceName,
    Program
  >;
  const copies = Object.entries(second) as [ServiceName, Record<string, string>][];
  const seconds: Partial<Record<ServiceName, Program>> = Object.fromEntries(
    await Promise.all(copies.map(([name, extra]) => service(name, extra, `${name}-2`))),
  );
  const started = [...only.map((name) => services[name]), ...Object.values(seconds)];
  const programs = [...Object.values(services), ...Object.values(seconds)];
  const stop = async (): Promise<void> => {
    await Promise.all(programs.filter((one) => one.running).map((one) => one.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(started.map((one) => one.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...services,
    seconds,
    origin: `http://127.0.0.1:${services.gateway.port}`,
    healthOrigin: `http://127.0.0.1:${gatewayHealthPort}`,
    secret: SECRET,
    smtpPort,
    outbox: join(folder, 'outbox'),
    folder,
    logs: () => started.map((one) => `── ${one.name}\n${one.logTail(30)}`).join('\n'),
    stop,
  };
}
