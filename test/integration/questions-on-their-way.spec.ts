import { expect } from 'chai';
import { Client } from 'pg';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const asAda = { headers: { 'x-user-id': 'ada' } };
const asBob = { headers: { 'x-user-id': 'bob' } };

/** Ways in which a mission stops waiting for the answer to a question about its task. */
const ends: readonly [what: string, call: (api: Api, mission: string, task: string) => Promise<ApiResponse>][] = [
  ['its user cancels the mission', (api, id) => api.post(`/api/v1/missions/${id}/cancel`, {}, asAda)],
  ['an agent cancels the mission', (api, id) => api.patch(`missions/${id}`, { status: 'cancelled' })],
  ['an agent completes the mission', (api, id) => api.patch(`missions/${id}`, { status: 'completed' })],
  ['the mission fails', (api, id) => api.patch(`missions/${id}`, { status: 'failed' })],
  ['the mission is planned anew', (api, id) => api.patch(`missions/${id}`, { phase: 'planning' })],
  ['the task is skipped', (api, id, task) => api.post(`/api/v1/missions/${id}/tasks/${task}/skip`, {}, asAda)],
  ['the task fails', (api, id, task) => api.patch(`missions/${id}/tasks/${task}`, { status: 'failed' })],
];

describe('while the approval service hears no events of missions', () => {
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;
  let api: Api;

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    const only = ['mission', 'approval', 'gateway'] as const;
    product = await startProduct({ database, natsUrlFor: servers.natsUrlFor, only });
    api = new Api(product);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product?.logs());
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  /** Its events are claimed in its inbox, which is held here. Requests do not pass there. */
  const deaf = async (): Promise<() => Promise<void>> => {
    const holder = new Client({ connectionString: database.adminUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('lock table approval.inbox in share row exclusive mode');
    return () => holder.end();
  };
  const ask = async () => {
    const { id, tasks } = await api.mission({ tasks: [{ title: 'a' }] });
    const asked = await api.post(`missions/${id}/input-requests`, { prompt: 'Which?', task_id: tasks[0].id });
    expect(asked.status, asked.text).to.equal(201);
    return { id, task: tasks[0].id as string, request: asked.body.id as string };
  };
  const answer = (request: string, as = asAda) =>
    api.post(`/api/v1/input-requests/${request}/respond`, { freeform_text: 'Tuesday' }, as);
  const seen = ({ status, body }: ApiResponse) => [status, body.code ?? body.status];

  it('a question that was asked can be read and answered by its user, and by nobody else', async () => {
    await product.approval.kill();
    const [read, answered] = [await ask(), await ask()];
    const hearing = await deaf();
    await product.approval.start();
    try {
      expect(seen(await api.get(`/api/v1/input-requests/${read.request}`, asBob))).to.include(
        'INPUT_REQUEST_NOT_FOUND',
      );
      expect(seen(await answer(read.request, asBob))).to.deep.equal([404, 'INPUT_REQUEST_NOT_FOUND']);
      expect(seen(await api.get(`missions/${answered.id}/input-requests/${read.request}`))).to.include(404);
      expect(seen(await answer(answered.request))).to.deep.equal([200, 'responded']);
      expect(seen(await api.get(`missions/${read.id}/input-requests/${read.request}`))).to.deep.equal([200, 'pending']);
      expect(seen(await api.get(`/api/v1/input-requests/${read.request}`, asAda))).to.deep.equal([200, 'pending']);
    } finally {
      await hearing();
    }
    await waitUntil(async () => (await api.get(`missions/${answered.id}`)).body.phase === 'executing');
  });

  const idsOf = ({ body }: ApiResponse) => body.input_requests.map((one: { id: string }) => one.id);

  it('a mission shows the questions that it waits for', async () => {
    await product.approval.kill();
    const [{ id, request }, resumed] = [await ask(), await ask()];
    const hearing = await deaf();
    await product.approval.start();
    try {
      expect(idsOf(await api.get(`missions/${id}`))).to.deep.equal([request]);
      expect(idsOf(await api.post(`missions/${resumed.id}/resume`, {}))).to.deep.equal([resumed.request]);
    } finally {
      await hearing();
    }
  });

  it('the lists of questions show those that were asked, to their user only', async () => {
    await product.approval.kill();
    const asked = [await ask(), await ask()];
    const hearing = await deaf();
    await product.approval.start();
    try {
      const ids = asked.map(({ request }) => request).toReversed();
      expect(idsOf(await api.get('/api/v1/input-requests?status=pending', asBob))).to.deep.equal([]);
      const first = await api.get('/api/v1/input-requests?limit=1', asAda);
      expect(idsOf(first)).to.deep.equal(ids.slice(0, 1));
      const ofMission = `/api/v1/missions/pending-inputs?mission_id=${asked[0]?.id}`;
      expect(idsOf(await api.get(ofMission, asAda))).to.deep.equal(ids.slice(1));
      const rest = `/api/v1/input-requests?limit=50&cursor=${first.body.next_cursor}`;
      expect(idsOf(await api.get(rest, asAda)).slice(0, 1)).to.deep.equal(ids.slice(1));
    } finally {
      await hearing();
    }
  });

  it('a mission shows no question that it waits for no longer', async () => {
    const { id, task } = await ask();
    const of = await api.post(`missions/${id}/input-requests`, { prompt: 'And of the mission?' });
    const hearing = await deaf();
    try {
      expect((await api.patch(`missions/${id}/tasks/${task}`, { status: 'failed' })).status).to.equal(200);
      expect(idsOf(await api.get(`missions/${id}`))).to.deep.equal([of.body.id]);
    } finally {
      await hearing();
    }
  });

  it('a question that was asked and is over is not pending when it is read', async () => {
    await product.approval.kill();
    const { id, request } = await ask();
    expect((await api.patch(`missions/${id}`, { status: 'cancelled' })).status).to.equal(200);
    const hearing = await deaf();
    await product.approval.start();
    try {
      expect(seen(await api.get(`missions/${id}/input-requests/${request}`))).to.deep.equal([200, 'cancelled']);
      expect(seen(await answer(request))).to.deep.equal([409, 'ALREADY_RESPONDED']);
    } finally {
      await hearing();
    }
  });

  it('an answer that is accepted before the end of its wait could be told moves nothing, and is in the history as late', async () => {
    const { id, task, request } = await ask();
    await product.approval.kill();
    expect((await api.patch(`missions/${id}`, { status: 'cancelled' })).status).to.equal(200);
    const hearing = await deaf();
    await product.approval.start();
    try {
      expect(seen(await answer(request))).to.deep.equal([200, 'responded']);
      const { body } = await api.get(`missions/${id}?include_events=50`);
      expect([body.status, body.tasks[0].id, body.tasks[0].status]).to.deep.equal(['cancelled', task, 'skipped']);
      expect(JSON.stringify(body.tasks)).not.to.include('Tuesday');
      const late = body.recent_events.filter(({ metadata }: { metadata: { late?: boolean } }) => metadata.late);
      expect(late.map((one: Record<string, unknown>) => [one['event_type'], one['content']])).to.deep.equal([
        ['user_message', 'Tuesday'],
      ]);
    } finally {
      await hearing();
    }
  });

  for (const [what, call] of ends)
    it(`an answer is refused after ${what}, and nothing of it is kept`, async () => {
      const { id, task, request } = await ask();
      const hearing = await deaf();
      try {
        const ended = await call(api, id, task);
        expect(ended.status, ended.text).to.equal(200);
        const late = await answer(request);
        expect(seen(late)).to.deep.equal([409, 'ALREADY_RESPONDED']);
        expect((await api.get(`missions/${id}`)).body.input_requests).to.deep.equal([]);
        expect(seen(await api.get(`missions/${id}/input-requests/${request}`))).to.deep.equal([200, 'cancelled']);
        expect(JSON.stringify((await api.get(`missions/${id}?include_events=50`)).body)).not.to.include('Tuesday');
      } finally {
        await hearing();
      }
    });
});
