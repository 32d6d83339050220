import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, type ServiceName, serviceNames, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { movedBy } from '../integration/moved-clocks.ts';
import { type MailReceiver, startMailReceiver } from '../mail/receiver.ts';
import { type Link, openLink } from './link.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const MINUTE = 60_000;
/** Real time until an input request with the shortest allowed deadline expires; see mission-behind.ts. */
const STANDS_MS = 2_000;
export const BEHIND_MS = MINUTE - STANDS_MS;

/** The product as a cluster runs it, with everything that the faults reach. */
export interface TwoCopies {
  readonly servers: DeployedServers;
  readonly database: TestDatabase;
  readonly product: Product;
  readonly receiver: MailReceiver;
  /** Two of each service: to PostgreSQL and to NATS. The gateway has one copy. */
  readonly links: readonly Link[];
  readonly disks: { readonly postgres: SmallDisk | undefined; readonly nats: SmallDisk | undefined };
  /** Ports at which the copies of the e-mail bridge accept mail. */
  readonly smtpPorts: readonly number[];
  close(): Promise<void>;
}

/**
 * Two copies of each service, the second ones with clocks that are ten minutes off, each with links of its own to
 * PostgreSQL and NATS, whose stores lie on small disks where this process may mount them.
 */
export async function startTwoCopies({ megabytes }: { readonly megabytes: number }): Promise<TwoCopies> {
  const stops: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  try {
    const disks = { postgres: mountSmallDisk(megabytes), nats: mountSmallDisk(megabytes) };
    stops.push(() => Object.values(disks).forEach((disk) => disk?.remove()));
    const folders = { postgres: disks.postgres?.folder, nats: disks.nats?.folder };
    const servers = await startDeployedServers({ durable: true, disks: folders });
    stops.push(() => servers.stop());
    const receiver = await startMailReceiver();
    stops.push(() => receiver.close());
    const database = await servers.freshDatabase();
    const links: Link[] = [];
    const linked = async (name: ServiceName, copy: string): Promise<Record<string, string>> => {
      const own: Record<string, string> = {};
      const urls = { DATABASE_URL: database.urlFor(name.replaceAll('-', '_')), NATS_URL: servers.natsUrlFor(name) };
      for (const [variable, url] of Object.entries(urls)) {
        const link = await openLink(`${copy} to ${variable.split('_')[0]}`, Number(new URL(url).port));
        stops.push(() => link.close());
        links.push(link);
        own[variable] = link.through(url);
      }
      return own;
    };
    const env: Partial<Record<ServiceName, Record<string, string>>> = {};
    const second: Partial<Record<ServiceName, Record<string, string>>> = {};
    for (const name of serviceNames) {
      env[name] = { ...own[name], ...(await linked(name, name)) };
      if (name !== 'gateway') second[name] = { ...off[name], ...(await linked(name, `${name}-2`)) };
    }
    env['email-bridge'] = { ...env['email-bridge'], SMTP_URL: receiver.url };
    const secondSmtpPort = await freePort();
    second['email-bridge'] = { ...second['email-bridge'], INBOUND_SMTP_PORT: String(secondSmtpPort) };
    const { natsUrlFor } = servers;
    const script = { mission: 'test/integration/mission-behind.ts' };
    const product = await startProduct({ database, natsUrlFor, script, env, second });
    stops.push(() => product.stop());
    return { servers, database, product, receiver, links, disks, smtpPorts: [product.smtpPort, secondSmtpPort], close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Who sets kill switches. */
export const OPERATOR = { customer: 'operators', user: 'olga' } as const;
const own: Partial<Record<ServiceName, Record<string, string>>> = {
  mission: { BEHIND_MS: String(BEHIND_MS) },
  gateway: { OPERATOR_USER_IDS: `${OPERATOR.customer}:${OPERATOR.user}` },
};
/** Of the second copies. The mission service's clock is off in both. */
const off: Partial<Record<ServiceName, Record<string, string>>> = {
  approval: movedBy(10 * MINUTE),
  scheduler: movedBy(-10 * MINUTE),
  'email-bridge': movedBy(10 * MINUTE),
};
