import { Client } from 'pg';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, type ProductOptions, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { type MailReceiver, startMailReceiver } from './receiver.ts';

/** The product with a mail server that accepts its mail. */
export interface MailEnvironment {
  readonly servers: DeployedServers;
  readonly database: TestDatabase;
  readonly product: Product;
  readonly api: Api;
  readonly receiver: MailReceiver;
  /** As the superuser, over all services' tables. */
  rows<Row = any>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export interface MailEnvironmentOptions {
  /** See `StartOptions`. */
  durable?: boolean;
  /** Laid over the bridge's environment. */
  bridge?: Record<string, string>;
  /** Laid over the gateway's. */
  gateway?: Record<string, string>;
  script?: ProductOptions['script'];
}

export async function openMailEnvironment({
  durable = false,
  bridge = {},
  gateway = {},
  script = {},
}: MailEnvironmentOptions = {}): Promise<MailEnvironment> {
  const stops: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  try {
    const servers = await startDeployedServers({ durable });
    stops.push(() => servers.stop());
    const receiver = await startMailReceiver();
    stops.push(() => receiver.close());
    const database = await servers.freshDatabase();
    const product = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      env: { 'email-bridge': { SMTP_URL: receiver.url, ...bridge }, gateway },
      script,
    });
    stops.push(() => product.stop());
    const sql = new Client({ connectionString: database.adminUrl });
    await sql.connect();
    stops.push(() => sql.end());
    const rows = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
      (await sql.query(text, [...values])).rows as Row[];
    return { servers, database, product, api: new Api(product), receiver, rows, close };
  } catch (error) {
    await close();
    throw error;
  }
}
