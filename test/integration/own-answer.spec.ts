import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const options = [
  { id: 'yes', label: 'Yes' },
  { id: 'no', label: 'No' },
];
const TIMES = 200;

describe('a user who has answered', () => {
  let servers: DeployedServers;
  let product: Product;
  let api: Api;

  before(async () => {
    servers = await startDeployedServers();
    const database = await servers.freshDatabase();
    product = await startProduct({ database, natsUrlFor: servers.natsUrlFor });
    api = new Api(product);
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  const asked = async () => {
    const { id } = await api.mission({ tasks: [{ title: 'a' }] });
    const question = await api.post(`missions/${id}/input-requests`, { prompt: 'Which?', options });
    expect(question.status, question.text).to.equal(201);
    return { id, request: question.body.id as string };
  };
  const answer = (request: string) =>
    api.post(
      `/api/v1/input-requests/${request}/respond`,
      { selected_option: 'yes' },
      { headers: { 'x-user-id': 'ada' } },
    );
  const read = async (id: string) => (await api.get(`missions/${id}`)).body;

  it(`reads a mission that has gone on in the very next call, ${TIMES} of ${TIMES} times`, async () => {
    const statuses = new Map<string, number>();
    for (let i = 0; i < TIMES; i++) {
      const { id, request } = await asked();
      const { status, body } = await answer(request);
      expect([status, body.status, body.outcome]).to.deep.equal([200, 'responded', undefined]);
      const { phase } = await read(id);
      statuses.set(phase, (statuses.get(phase) ?? 0) + 1);
    }
    expect([...statuses.keys()].filter((phase) => phase.includes('waiting'))).to.deep.equal([]);
  });

  it('is heard by the event when the mission service was not reached', async () => {
    const { id, request } = await asked();
    await product.mission.kill();
    const { status } = await answer(request);
    expect(status).to.equal(200);
    await product.mission.start();
    await waitUntil(async () => !(await read(id)).phase.includes('waiting'));
  });
});
