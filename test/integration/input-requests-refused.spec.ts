import { expect } from 'chai';
import { createKey } from '@missions/gateway/keys/manage.ts';
import { openKeyDatabase } from '@missions/gateway/keys/database.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { type ApiResponse, Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectStatus, isActiveAgain, requestOf, waitingForAda } from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

describe('a refused response', () => {
  let api: Api;
  let ada: SimulatedUser;

  // A separate product, because an agent's key is created in its database.
  let servers: DeployedServers;
  let database: TestDatabase;
  let running: Product;

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    running = await startProduct({ database, natsUrlFor: servers.natsUrlFor });
    api = new Api(running);
    ada = new SimulatedUser(api);
  });
  after(async () => {
    await running?.stop();
    await servers?.stop();
  });

  const codeOf = ({ status, body }: ApiResponse): string => `${status} ${body?.code ?? ''}`;

  it('names its mistake and leaves the input request pending', async () => {
    const chosen = await waitingForAda(api, { allow_freeform: false });
    const free = await waitingForAda(api, { options: [] });
    const refused = async (id: string, answer: object | string, path: string): Promise<void> => {
      const got = await ada.respond(id, answer as object);
      expect(codeOf(got), JSON.stringify(answer)).to.equal('400 VALIDATION_FAILED');
      expect(got.body.errors.map((one: { path: string }) => one.path).join(), JSON.stringify(answer)).to.contain(path);
    };
    await refused(chosen.request.id, { selected_option: 'maybe' }, 'selected_option');
    await refused(chosen.request.id, { selected_option: 'yes', freeform_text: 'but later' }, 'freeform_text');
    await refused(chosen.request.id, { freeform_text: 'yes' }, 'freeform_text');
    await refused(free.request.id, { selected_option: 'yes' }, 'selected_option');
    for (const { request } of [chosen, free]) {
      for (const empty of [{}, { selected_option: null, freeform_text: null }, { freeform_text: ' \n' }])
        await refused(request.id, empty, '');
      await refused(request.id, { selected_option: 'yes', via: 'timeout' }, 'via');
      await refused(request.id, { freeform_text: 7 }, 'freeform_text');
    }
    for (const asked of [chosen, free]) expect((await requestOf(api, asked)).status).to.equal('pending');
    await expectStatus(200, ada.respond(chosen.request.id, { selected_option: 'yes' }));
    await expectStatus(200, ada.respond(free.request.id, { freeform_text: 'yes' }));
  });

  it('from another user or customer does not reveal that the input request exists', async () => {
    const asked = await waitingForAda(api);
    const strangers = [new SimulatedUser(api, 'eve'), new SimulatedUser(new Api(running))];
    for (const stranger of strangers) {
      expect(codeOf(await stranger.respond(asked.request.id, { selected_option: 'yes' }))).to.equal(
        '404 INPUT_REQUEST_NOT_FOUND',
      );
      expect(codeOf(await stranger.respond(newId(), { selected_option: 'yes' }))).to.equal(
        '404 INPUT_REQUEST_NOT_FOUND',
      );
      expect(await stranger.pending()).to.deep.equal([]);
    }
    expect((await requestOf(api, asked)).status).to.equal('pending');
  });

  it('is the result of every way in which an agent could respond', async () => {
    const asked = await waitingForAda(api);
    const { missionId, taskId, request } = asked;
    const keys = await openKeyDatabase(database.urlFor('gateway'), createLogger({ service: 'spec', level: 'error' }));
    const key = await createKey(
      keys,
      { customer_id: api.customer, agent_id: 'planner', users: ['ada'], label: '' },
      newId(),
    );
    await keys.close();
    const agent = { authorization: `Bearer ${key}` };
    expect(codeOf(await ada.respond(request.id, { selected_option: 'yes' }, agent))).to.equal('403 FORBIDDEN');
    expect((await api.get(`missions/${missionId}/input-requests/${request.id}`, { headers: agent })).status).to.equal(
      200,
    );
    const reference = request.id;
    expect(codeOf(await api.post('signals', { kind: 'human_input', reference }, { headers: agent }))).to.match(/^4/);
    for (const status of ['completed', 'in_progress', 'ready']) {
      expect(
        (await api.patch(`missions/${missionId}/tasks/${taskId}`, { status }, { headers: agent })).status,
        status,
      ).to.be.within(400, 409);
    }
    await api.patch(`missions/${missionId}/tasks/${taskId}`, { blocked_by: '' }, { headers: agent });
    expect((await ada.received(missionId, taskId as string)).status, 'nor is it a thing to be received').to.equal(409);
    expect((await requestOf(api, asked)).status).to.equal('pending');
    expect((await api.get(`missions/${missionId}`)).body.tasks[0].status).to.equal('waiting_human');
    await expectStatus(200, ada.respond(request.id, { selected_option: 'yes' }));
  });

  it('is a second response, unless it repeats the key of the first, whose result is replayed', async () => {
    const { missionId, request } = await waitingForAda(api);
    const key = { 'idempotency-key': newId() };
    const [first, again] = [
      await ada.respond(request.id, { selected_option: 'yes' }, key),
      await ada.respond(request.id, { selected_option: 'yes' }, key),
    ];
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).to.deep.equal([200, 200, 'true']);
    expect(again.body).to.deep.equal(first.body);
    expect(codeOf(await ada.respond(request.id, { selected_option: 'no' }, key))).to.equal(
      '422 IDEMPOTENCY_KEY_REUSED',
    );
    expect(codeOf(await ada.respond(request.id, { selected_option: 'yes' }))).to.equal('409 ALREADY_RESPONDED');
    await isActiveAgain(api, missionId);
  });

  it('to an ended mission finds its input request cancelled', async () => {
    const ways: [string, (missionId: string, taskId: string) => Promise<ApiResponse>][] = [
      ['cancelled by its user', (id) => ada.control(id, 'cancel')],
      ['completed', (id) => api.patch(`missions/${id}`, { status: 'completed' })],
      ['failed', (id) => api.patch(`missions/${id}`, { status: 'failed' })],
      ['planned anew', (id) => api.patch(`missions/${id}`, { phase: 'planning' })],
      ['its task skipped', (id, task) => api.patch(`missions/${id}/tasks/${task}`, { status: 'skipped' })],
    ];
    for (const [way, end] of ways) {
      const asked = await waitingForAda(api);
      await expectStatus(200, end(asked.missionId, asked.taskId as string));
      await waitUntil(async () => (await requestOf(api, asked)).status === 'cancelled', {
        what: `a question of a mission ${way}`,
      });
      expect(codeOf(await ada.respond(asked.request.id, { selected_option: 'yes' })), way).to.equal(
        '409 ALREADY_RESPONDED',
      );
      expect((await ada.pending()).map((one) => one.id)).not.to.include(asked.request.id);
    }
  });
});
