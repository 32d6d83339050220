import { expect } from 'chai';
import { Client } from 'pg';
import { answers, isSignedWith, type Received, Receiver } from '@missions/notifier/testing/receiver.ts';
import { returnSoon } from '@missions/messaging/testing/storage.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const MISSIONS = 6;
const CHANGES = 8;

/** From the REST API to the endpoint, through every service, with the processes that run in production. */
describe('a customer’s endpoint', function () {
  this.timeout(240_000);
  const receiver = new Receiver();
  let servers: DeployedServers;
  let database: TestDatabase;
  let running: Product;
  let api: Api;

  before(async () => {
    await receiver.listen();
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    const notifier = { WEBHOOK_ALLOW_PRIVATE: 'true' };
    running = await startProduct({
      database,
      natsUrlFor: servers.natsUrlFor,
      env: { notifier },
      second: { notifier: {} },
      only: ['gateway', 'mission', 'notifier'],
    });
    api = new Api(running);
  });
  after(async () => {
    receiver.close();
    await running?.stop();
    await servers?.stop();
  });

  const create = async (path: string): Promise<{ id: string; secret: string }> => {
    const { status, body, text } = await api.post('webhooks', { url: receiver.url(path), types: ['mission.*'] });
    expect(status, text).to.equal(201);
    return body;
  };
  const isOfMission = (id: string) => (one: Received) => one.event['missionid'] === id;
  /** What arrived of a mission, each event once, in the order in which it first arrived: `2.0` is version and index. */
  const placesOf = (path: string, id: string): string[] => {
    const places = receiver.at(path).filter(isOfMission(id));
    return [...new Set(places.map(({ event }) => `${event['missionversion']}.${event['missionindex']}`))];
  };
  /** Lets the 20 s pass at once for which a dead copy would keep what it had in hand. */
  const endLeases = async (): Promise<void> => {
    const client = new Client({ connectionString: database.adminUrl });
    await client.connect();
    try {
      const { rowCount } = await client.query(
        'update notifier.webhook_delivery set locked_until = now() where locked_until is not null',
      );
      expect(rowCount, 'deliveries in hand').to.be.at.least(2);
    } finally {
      await client.end();
    }
  };
  const inOrder = (places: readonly string[]): string[] => places.toSorted((a, b) => Number(a) - Number(b));
  const change = async (id: string, index: number): Promise<void> => {
    const { status, text } = await api.post(`missions/${id}/events`, { event_type: 'note', content: `note ${index}` });
    expect(status, text).to.equal(201);
  };

  it('is told what happens to a mission, signed with its secret', async () => {
    const { secret } = await create('/told');
    const { id } = await api.mission();
    await waitUntil(() => receiver.at('/told').some(isOfMission(id)), { withinMs: 30_000, what: 'the event' });
    const [message] = receiver.at('/told').filter(isOfMission(id));
    expect(message?.event).to.include({ type: 'mission.created', customerid: api.customer });
    expect(message && isSignedWith(secret, message)).to.equal(true);
  });

  it('gets everything, in order, when both copies of the notifier are killed while they deliver', async () => {
    const { id: webhook } = await create('/killed');
    let hanging = 0;
    receiver.answer('/killed', (response) => {
      if (hanging >= 2) answers.ok(response);
      else hanging += 1;
    });
    const missions = await Promise.all(
      Array.from({ length: MISSIONS }, async () => (await api.mission()).id as string),
    );
    const changes = async (from: number, to: number) => {
      for (let index = from; index < to; index += 1) await Promise.all(missions.map((id) => change(id, index)));
    };
    await changes(0, CHANGES / 2);
    await waitUntil(() => hanging === 2, { withinMs: 30_000, what: 'two deliveries on their way' });
    const copies = [running.notifier, ...Object.values(running.seconds)];
    const going = changes(CHANGES / 2, CHANGES);
    await Promise.all(copies.map((copy) => copy.kill()));
    await going;
    await endLeases();
    await returnSoon(servers.natsUrlFor(OBSERVER), 'MISSION', 'notifier');
    await Promise.all(copies.map((copy) => copy.start()));
    const counts = () => missions.map((id) => placesOf('/killed', id).length);
    await waitUntil(() => counts().every((count) => count === 1 + CHANGES), {
      withinMs: 120_000,
      what: 'every event of every mission',
    }).catch((error: unknown) => {
      throw new Error(`arrived: ${counts().join(', ')}\n${running.logs()}`, { cause: error });
    });
    for (const id of missions) expect(placesOf('/killed', id)).to.deep.equal(inOrder(placesOf('/killed', id)));
    const { body } = await api.get(`webhooks/${webhook}/deliveries?status=undelivered`);
    expect(body.deliveries).to.deep.equal([]);
  });
});
