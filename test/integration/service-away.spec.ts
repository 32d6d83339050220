import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

const services = ['mission', 'approval', 'scheduler', 'email-bridge'] as const;
type Service = (typeof services)[number];

interface Prepared {
  readonly plain: string;
  readonly asking: string;
  readonly question: string;
  readonly tracked: string;
  /** A mission that waits for an answer and for replies to a mail. */
  readonly busy: string;
  /** Its first task has failed, and so has its second; its third is ready. */
  readonly failed: { readonly id: string; readonly tasks: readonly string[] };
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
  ['resume it in a conversation', ['mission'], (api, { busy }) => api.post(`missions/${busy}/resume`, {})],
  [
    'send an e-mail of it',
    ['mission', 'scheduler'],
    (api, { busy }) => api.post('emails', { ...letter, mission_id: busy }),
  ],
  ['cancel it', ['mission'], (api, { busy }) => api.post(`/api/v1/missions/${busy}/cancel`, {}, user)],
  ['create it as its user', ['mission'], (api) => api.post('/api/v1/missions', { title: 'Mine' }, user)],
  [
    'change it as its user',
    ['mission'],
    (api, { asking }) => api.patch(`/api/v1/missions/${asking}`, { title: 'New' }, user),
  ],
  ['keep it', ['mission'], (api, { asking }) => api.post(`/api/v1/missions/${asking}/keep`, {}, user)],
  [
    'write to its agent',
    ['mission'],
    (api, { asking }) => api.post(`/api/v1/missions/${asking}/messages`, { text: 'Hurry' }, user),
  ],
  [
    'retry a task',
    ['mission'],
    (api, { failed }) => api.post(`/api/v1/missions/${failed.id}/tasks/${failed.tasks[0]}/retry`, {}, user),
  ],
  ['retry the others', ['mission'], (api, { failed }) => api.post(`/api/v1/missions/${failed.id}/retry`, {}, user)],
  [
    'skip a task',
    ['mission'],
    (api, { failed }) => api.post(`/api/v1/missions/${failed.id}/tasks/${failed.tasks[2]}/skip`, {}, user),
  ],
  [
    'read its history as its user',
    ['mission'],
    (api, { asking }) => api.get(`/api/v1/missions/${asking}/events`, user),
  ],
  ['read its mail', ['mission', 'email-bridge'], (api, { busy }) => api.get(`/api/v1/missions/${busy}/emails`, user)],
  ['read its runs', ['mission', 'scheduler'], (api, { asking }) => api.get(`/api/v1/missions/${asking}/runs`, user)],
  ['read one’s question', ['approval'], (api, { question }) => api.get(`/api/v1/input-requests/${question}`, user)],
  ['read one’s inbox', ['mission'], (api) => api.get('/api/v1/inbox', user)],
  [
    'mark a question as seen',
    ['mission'],
    (api, { asking, question }) => api.post('/api/v1/inbox/seen', { items: [`${asking}:question:${question}`] }, user),
  ],
  ['read one’s decisions', ['approval'], (api) => api.get('/api/v1/history', user)],
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

describe('while a service is away', () => {
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

  const busy = async (api: Api): Promise<string> => {
    const { id } = await api.mission();
    expect((await api.post(`missions/${id}/input-requests`, { prompt: 'Shall I?' })).status).to.equal(201);
    expect((await api.post('emails', { ...letter, mission_id: id, expect_reply: true })).status).to.equal(201);
    return id;
  };
  const prepare = async (api: Api): Promise<Prepared> => {
    const [plain, asking] = [await api.mission(), await api.mission()];
    const question = await api.post(`missions/${asking.id}/input-requests`, { prompt: 'Shall I?' });
    const tracked = await api.post('emails', letter);
    const failed = await api.mission({ tasks: [{ title: 'one' }, { title: 'two' }, { title: 'three' }] });
    const tasks = failed.tasks.map(({ id }: { id: string }) => id);
    for (const task of tasks.slice(0, 2))
      for (const status of ['in_progress', 'failed'])
        await api.patch(`missions/${failed.id}/tasks/${task}`, { status });
    return {
      plain: plain.id,
      asking: asking.id,
      question: question.body.id,
      tracked: tracked.body.id,
      busy: await busy(api),
      failed: { id: failed.id, tasks },
    };
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

  for (const [away, part] of [
    ['approval', 'input_requests'],
    ['email-bridge', 'emails'],
  ] as const)
    it(`${away}: a resume, which is on record, is answered, and names what could not be read`, async () => {
      const api = new Api(running);
      const id = await busy(api);
      const resumed = async () => (await api.get(`missions/${id}`)).body.recent_events[0]?.event_type;
      await running[away].kill();
      const { status, body, text } = await api.post(`missions/${id}/resume`, { conversation_id: 'chat' });
      await running[away].start();
      expect(status, text).to.equal(200);
      expect([body.missing, body[part], await resumed()]).to.deep.equal([[part], [], 'resumed']);
      const whole = (await api.post(`missions/${id}/resume`, { conversation_id: 'chat' })).body;
      expect(whole).not.to.have.property('missing');
      expect([whole.input_requests.length, whole.emails.length]).to.deep.equal([1, 1]);
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

  it('notifier: a question is asked, and its answer does not say where its user is told', async () => {
    const api = new Api(running);
    const { id } = await api.mission();
    await running.notifier.kill();
    const asked = await api.post(`missions/${id}/input-requests`, { prompt: 'Shall I?' });
    await running.notifier.start();
    expect(asked.status, asked.text).to.equal(201);
    expect(asked.body).to.include({ status: 'pending' }).and.not.to.have.property('reach');
    let reach: unknown;
    const isKnown = async () => {
      ({ reach } = (await api.post(`missions/${id}/input-requests`, { prompt: 'And now?' })).body);
      return reach !== undefined;
    };
    await waitUntil(isKnown, { withinMs: 30_000, what: 'the notifier to answer' });
    expect(reach).to.deep.equal({ channels: [] });
  });
});
