import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { operators } from './operators.ts';

/** A product that nobody else uses, so that a spec can count what is in it, and break it. */
export interface OperatedProduct {
  readonly servers: DeployedServers;
  readonly database: TestDatabase;
  readonly product: Product;
  readonly operator: ReturnType<typeof operators>;
  readonly api: Api;
  /** Asks the user of a mission for a colour. */
  ask(missionId: string): ReturnType<Api['insist']>;
  /** Resolves when no service has an event left to publish. */
  published(): Promise<unknown>;
  stop(): Promise<void>;
}

const QUESTION = { prompt: 'Which colour?', options: [{ id: 'red', label: 'Red' }] };

export async function operatedProduct(): Promise<OperatedProduct> {
  const servers = await startDeployedServers();
  try {
    const database = await servers.freshDatabase();
    const product = await startProduct({ database, natsUrlFor: servers.natsUrlFor });
    const operator = operators(servers, database, product);
    const api = new Api(product);
    return {
      servers,
      database,
      product,
      operator,
      api,
      ask: (missionId) => api.insist('POST', `missions/${missionId}/input-requests`, { body: QUESTION }),
      published: () =>
        waitUntil(async () => (await operator.json('outbox')).every((one: any) => one.pending === 0), {
          what: 'empty outboxes',
          everyMs: 200,
        }),
      async stop() {
        await product.stop();
        await servers.stop();
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}
