import { Client } from 'pg';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { type Program, program } from '@missions/test-support/program.ts';
import { SERVICES } from '@missions/test-support/test-database.ts';
import { holdsWithin, waitUntil } from '@missions/test-support/wait-until.ts';
import { listen, type Listener } from '../integration/listener.ts';
import type { Acknowledged } from './load.ts';
import { PROBE, probeTables } from './probe-tables.ts';
import type { DeliveryObservations, HistoryEntry } from './delivery-check.ts';

/**
 * Servers that persist what they acknowledge, the product with a mission service that kills itself at a given point,
 * and a consumer of its events.
 */
export interface LoadEnvironment {
  readonly servers: DeployedServers;
  readonly product: Product;
  readonly probe: Program;
  readonly api: Api;
  /** Counts deliveries while the other processes are killed. */
  readonly listener: Listener;
  /** Ids of the events that are committed and not marked as published. */
  pending(): Promise<string[]>;
  /** Resolves when every event is published, and has had time to reach the probe twice. */
  settled(): Promise<void>;
  observations(acknowledged: readonly Acknowledged[]): Promise<DeliveryObservations>;
  /** Deliveries to the probe beyond the first of each event: the duplicates that the inbox suppresses. */
  repetitions(): Promise<number>;
  logs(): string;
  close(): Promise<void>;
}

/** Longer than the probe's time to acknowledge: every unacknowledged delivery has been repeated by then. */
const QUIET_MS = 2_500;

export async function openLoadEnvironment({ inbox }: { inbox: boolean }): Promise<LoadEnvironment> {
  const servers = await startDeployedServers({ durable: true });
  try {
    return await furnish(servers, inbox);
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function furnish(servers: DeployedServers, inbox: boolean): Promise<LoadEnvironment> {
  const database = await servers.freshDatabase({ services: [...SERVICES, PROBE] });
  const probeUrl = database.urlFor(PROBE);
  for (const sql of probeTables()) await ask(probeUrl, sql);
  const product = await startProduct({
    database,
    natsUrlFor: servers.natsUrlFor,
    script: { mission: 'test/chaos/mission-with-faults.ts' },
    only: ['mission', 'gateway'],
  });
  const probe = await program({
    name: PROBE,
    script: 'test/chaos/probe.ts',
    env: (port) => ({
      DATABASE_URL: probeUrl,
      NATS_URL: servers.natsUrlFor(OBSERVER),
      HEALTH_PORT: String(port),
      INBOX: inbox ? 'on' : 'off',
    }),
    folder: product.folder,
  });
  const api = new Api(product);
  const listener = await listen(servers.natsUrlFor);

  const idsOf = async (table: string): Promise<string[]> =>
    (await ask<{ event_id: string }>(probeUrl, `select event_id from ${table}`)).map((row) => row.event_id);
  const pending = async (): Promise<string[]> =>
    (
      await ask<{ event_id: string }>(
        database.adminUrl,
        'select event_id from mission.outbox where published_at is null',
      )
    ).map((row) => row.event_id);

  return {
    servers,
    product,
    probe,
    api,
    listener,
    pending,
    async settled() {
      await waitUntil(async () => (await pending()).length === 0, { what: 'publishing' });
      let last = -1;
      let since = performance.now();
      const isQuiet = async (): Promise<boolean> => {
        const { length } = await idsOf('delivery');
        if (length !== last) since = performance.now();
        last = length;
        return performance.now() - since > QUIET_MS;
      };
      await waitUntil(isQuiet, { everyMs: 100, what: 'an end of deliveries' });
    },
    async observations(acknowledged) {
      const fresh = await listen(servers.natsUrlFor);
      const [{ count }] = (await ask<{ count: string }>(database.adminUrl, 'select count(*) from mission.outbox')) as [
        { count: string },
      ];
      // The check of the observations reports missing events by name, so a timeout of this wait is no error of its
      // own.
      await holdsWithin(10_000, () => new Set(fresh.consumed.map((event) => event.id)).size >= Number(count));
      const stream = fresh.consumed.map(({ id, mission_id, version, index }) => ({
        id,
        missionId: mission_id,
        version,
        index,
      }));
      await fresh.close();
      const history = new Map<string, HistoryEntry[]>();
      for (const missionId of new Set([
        ...acknowledged.map((one) => one.missionId),
        ...stream.map((event) => event.missionId),
      ])) {
        history.set(missionId, (await api.get(`missions/${missionId}/events?limit=200`)).body.events ?? []);
      }
      return { acknowledged, history, stream, effects: await idsOf('effect') };
    },
    async repetitions() {
      const all = await idsOf('delivery');
      return all.length - new Set(all).size;
    },
    logs: () => `${product.logs()}\n── ${PROBE}\n${probe.logTail(30)}`,
    async close() {
      await listener.close();
      if (probe.running) await probe.stop();
      await product.stop();
      await servers.stop();
    },
  };
}

async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}
