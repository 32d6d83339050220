import { after, afterEach } from 'mocha';
import { type DeployedServers, startDeployedServers } from './deployed-servers.ts';
import { type Product, startProduct } from './product.ts';
import type { TestDatabase } from './test-database.ts';

export interface SharedProduct extends Product {
  readonly servers: DeployedServers;
  readonly database: TestDatabase;
}

let shared: Promise<SharedProduct> | undefined;

/**
 * The product that the specs of one mocha process share, started by whoever asks first (about three seconds). Each spec is a customer of its
 * own. A spec that kills something starts its own with `startProduct`.
 */
export function product(): Promise<SharedProduct> {
  shared ??= start();
  return shared;
}

async function start(): Promise<SharedProduct> {
  const servers = await startDeployedServers();
  try {
    const database = await servers.freshDatabase();
    return { servers, database, ...(await startProduct({ database, natsUrlFor: servers.natsUrlFor })) };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

// As in stack.ts: hooks of mocha's root suite.
if ('describe' in globalThis) {
  afterEach(async function () {
    if (this.currentTest?.state === 'failed' && shared) console.error((await shared).logs());
  });
  after(async function () {
    this.timeout(20_000);
    const stopping = await shared;
    await stopping?.stop();
    await stopping?.servers.stop();
  });
}
