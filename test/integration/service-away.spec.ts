import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';

const services = ['mission', 'approval', 'scheduler', 'email-bridge'] as const;
type Service = (typeof services)[number];

interface Prepared {
  readonly plain: string;
  readonly asking: string;
  readonly question: string;
  readonly tracked: string;
}

const user = { headers: { 'x-user-id': 'ada' } };
const letter = { user_id: 'ada', to: ['sarah@example.com'], subject: 'When?', body: 'When?' };

/** Each call, with the services that it needs. `asking` waits for an answer of its user, `plain` for nothing. */
const calls: readonly [
  what: string,
  needs: readonly Service[],
  call: (api: Api, of: Prepared) => Promise<ApiResponse>,
][] = [
  ['create a mission', ['mission'], (api) => api.post('missions', { user_id: 'ada', title: 'Created' })],
  ['list missions', ['mission'], (api) => api.get('missions?user_id=ada')],
  ['read a mission', ['mission'], (api, { plain }) => api.get(`missions/${plain}`)],
  ['read a mission that asks', ['mission', 'approval'], (api, { asking }) => api.get(`missions/${asking}`)],
  ['read its history', ['mission'], (api, { asking }) => api.get(`missions/${asking}/events`)],
  [
    'change a mission that asks',
    ['mission'],
    (api, { asking }) => api.patch(`missions/${asking}`, { priority: 'low' }),
  ],
  [
    'pause a mission that asks',
    ['mission'],
    (api, { asking }) => api.post(`/api/v1/missions/${asking}/pause`, {}, user),
  ],
  ['let it go on', ['mission'], (api, { asking }) => api.post(`/api/v1/missions/${asking}/resume`, {}, user)],
  ['add a task', ['mission'], (api, { plain }) => api.post(`missions/${plain}/tasks`, { title: 'Next' })],
  ['note', ['mission'], (api, { plain }) => api.post(`missions/${plain}/events`, { event_type: 'note', content: 'x' })],
  ['signal', ['mission'], (api) => api.post('signals', { kind: 'webhook', reference: 'none' })],
  ['ask the user', ['mission'], (api, { plain }) => api.post(`missions/${plain}/input-requests`, { prompt: 'And?' })],
  [
    'read a question',
    ['approval'],
    (api, { asking, question }) => api.get(`missions/${asking}/input-requests/${question}`),
  ],
  ['list questions', ['approval'], (api) => api.get('/api/v1/input-requests', user)],
  [
    'answer',
    ['approval'],
    (api, { question }) => api.post(`/api/v1/input-requests/${question}/respond`, { freeform_text: 'Yes' }, user),
  ],
  ['claim a run', ['scheduler'], (api) => api.post('runs/claim', { agent_id: 'worker', wait_seconds: 0 })],
  ['list the runs', ['mission', 'scheduler'], (api, { plain }) => api.get(`missions/${plain}/runs`)],
  ['read an e-mail', ['email-bridge'], (api, { tracked }) => api.get(`emails/${tracked}`)],
  ['check replies', ['email-bridge'], (api) => api.post('emails/check-replies', { user_id: 'ada' })],
  ['send an e-mail of no mission', ['mission', 'email-bridge'], (api) => api.post('emails', letter)],
];

describe('while a service is away', function () {
  this.timeout(120_000);
  let servers: DeployedServers;
  let running: Product;
  before(async () => {
    servers = await startDeployedServers();
    running = await startProduct({ database: await servers.freshDatabase(), natsUrlFor: servers.natsUrlFor });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(running?.logs());
  });
  after(async () => {
    await running?.stop();
    await servers?.stop();
  });

  const prepare = async (api: Api): Promise<Prepared> => {
    const [plain, asking] = [await api.mission(), await api.mission()];
    const question = await api.post(`missions/${asking.id}/input-requests`, { prompt: 'Shall I?' });
    const tracked = await api.post('emails', letter);
    return { plain: plain.id, asking: asking.id, question: question.body.id, tracked: tracked.body.id };
  };

  for (const away of services)
    it(`${away}: calls that need it are refused and say when to try again, and others are carried out`, async () => {
      const api = new Api(running);
      const of = await prepare(api);
      await running[away].kill();
      const outcomes: [string, string][] = [];
      for (const [what, , call] of calls) {
        const { status, body, headers, text } = await call(api, of);
        if (status >= 300) {
          expect(body, `${what}: ${text}`).to.include({ status: 503, code: 'UNAVAILABLE' });
          expect(body.detail, what).to.contain(`The ${away} service does not answer; try again`);
          expect(headers.get('retry-after'), what).to.match(/^\d+$/);
        }
        outcomes.push([what, status < 300 ? 'carried out' : 'refused']);
      }
      await running[away].start();
      expect(outcomes).to.deep.equal(
        calls.map(([what, needs]) => [what, needs.includes(away) ? 'refused' : 'carried out']),
      );
      const { missions } = (await api.get('missions?user_id=ada')).body;
      const created = missions.filter(({ title }: { title: string }) => title === 'Created');
      expect(created).to.have.length(away === 'mission' ? 0 : 1);
    });

  it('a change of a mission is not refused for questions that cannot be read: its answer names them', async () => {
    const api = new Api(running);
    const { asking, question } = await prepare(api);
    await running.approval.kill();
    const paused = await api.post(`/api/v1/missions/${asking}/pause`, {}, user);
    expect(paused.body).to.deep.include({ status: 'paused', input_requests: [], missing: ['input_requests'] });
    await running.approval.start();
    const read = (await api.get(`missions/${asking}`)).body;
    expect(read).not.to.have.property('missing');
    expect(read.input_requests.map(({ id }: { id: string }) => id)).to.deep.equal([question]);
  });
});
