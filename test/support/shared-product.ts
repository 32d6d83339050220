import { type DeployedServers, startDeployedServers } from './deployed-servers.ts';
import { type Product, startProduct } from './product.ts';
import { afterLastFile, printAfterFailure } from './spec-run.ts';
import type { TestDatabase } from './test-database.ts';

export interface SharedProduct extends Product {
  readonly servers: DeployedServers;
  readonly database: TestDatabase;
}

/** The operator of the shared product. */
export const OPERATOR = { customer: 'the-operators', user: 'olga' } as const;

let shared: Promise<SharedProduct> | undefined;

/**
 * The product that the specs of one process share, started by the first caller (about three seconds) and stopped
 * after the last spec file. Each spec is a customer of its own. A spec that kills a service starts its own product
 * with `startProduct`.
 */
export function product(): Promise<SharedProduct> {
  if (!shared) {
    const starting = (shared = start());
    afterLastFile(() => stop(starting));
    printAfterFailure(async () => (await starting).logs());
  }
  return shared;
}

async function start(): Promise<SharedProduct> {
  const servers = await startDeployedServers();
  try {
    const database = await servers.freshDatabase();
    const { natsUrlFor } = servers;
    const gateway = {
      OPERATOR_USER_IDS: `${OPERATOR.customer}:${OPERATOR.user}`,
      OPERATOR_NATS_URL: natsUrlFor('operator'),
    };
    // The push service and the receivers of the specs are on this machine.
    const notifier = { PUSH_ALLOW_PRIVATE: 'true', WEBHOOK_ALLOW_PRIVATE: 'true' };
    return { servers, database, ...(await startProduct({ database, natsUrlFor, env: { gateway, notifier } })) };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function stop(starting: Promise<SharedProduct>): Promise<void> {
  const product = await starting;
  await product.stop();
  await product.servers.stop();
}
