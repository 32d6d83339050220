import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { type Product, serviceNames, startProduct } from '@missions/test-support/product.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { openStream } from './event-stream.ts';
import { movedBy } from './moved-clocks.ts';

const MINUTES = 60_000;
const TWO_SECONDS = 2 / 3600;

/** One service's clock is ahead and its neighbours' are behind, so that no two that talk to each other agree. */
const clocks = (minutes: number) =>
  Object.fromEntries(serviceNames.map((name, n) => [name, movedBy((n % 2 === 0 ? minutes : -minutes) * MINUTES)]));

for (const minutes of [10, -10])
  describe(`with the clock of the mission service ${minutes} minutes off, and others off the other way`, () => {
    let servers: DeployedServers;
    let product: Product;
    let api: Api;

    before(async () => {
      servers = await startDeployedServers();
      const database = await servers.freshDatabase();
      product = await startProduct({ database, natsUrlFor: servers.natsUrlFor, env: clocks(minutes) });
      api = new Api(product);
    });
    after(async () => {
      await product?.stop();
      await servers?.stop();
    });

    const mission = async (...tasks: object[]) => {
      const { id } = await api.mission({ conversation_id: 'c', tasks });
      return { id, read: async () => (await api.get(`missions/${id}`)).body };
    };

    it('times are those of the database', async () => {
      const before = Date.now();
      const { read } = await mission({ title: 'a' });
      const { created_at } = await read();
      expect(Date.parse(created_at)).to.be.within(before - 1_000, Date.now() + 1_000);
    });

    it('a wait of two seconds ends, and one of five minutes does not end with it', async () => {
      const { read } = await mission(
        { title: 'short', wait_for: { kind: 'webhook', reference: 'short', timeout_hours: TWO_SECONDS } },
        { title: 'long', wait_for: { kind: 'webhook', reference: 'long', timeout_hours: 5 / 60 } },
      );
      const statuses = async (): Promise<string[]> => (await read()).tasks.map(({ status }: any) => status);
      await waitUntil(async () => (await statuses())[0] === 'failed');
      expect(await statuses()).to.deep.equal(['failed', 'waiting_external']);
    });

    it('a question of five minutes can be answered', async () => {
      const { id } = await mission({ title: 'a' });
      const asked = await api.post(`missions/${id}/input-requests`, {
        prompt: 'Which?',
        options: [
          { id: 'a', label: 'A' },
          { id: 'b', label: 'B' },
        ],
        expires_in_hours: 5 / 60,
      });
      expect(asked.status, asked.text).to.equal(201);
      const answer = await api.post(
        `/api/v1/input-requests/${asked.body.id}/respond`,
        { selected_option: 'a' },
        { headers: { 'x-user-id': 'ada' } },
      );
      expect(answer.status, answer.text).to.equal(200);
    });

    it('a signal that came before its wait frees it', async () => {
      const reference = `early-${api.customer}`;
      const accept_after = new Date(Date.now() - 1_000).toISOString();
      const sent = await api.post('signals', { kind: 'webhook', reference, data: { n: 1 } });
      expect(sent.status, sent.text).to.equal(202);
      const { read } = await mission({ title: 'a', wait_for: { kind: 'webhook', reference, accept_after } });
      await waitUntil(async () => (await read()).tasks[0].status !== 'waiting_external');
    });

    it('an open stream shows what happens from then on', async () => {
      const stream = await openStream(product, { customer: api.customer, user: 'ada' });
      const { id } = await mission({ title: 'a' });
      await waitUntil(() => stream.of(id).length > 0);
      stream.close();
    });
  });
