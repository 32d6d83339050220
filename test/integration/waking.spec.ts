import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectStatus, YES_OR_NO } from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

/** Far below the shortest interval between two runs, which is 5 minutes. */
const WAIT_SECONDS = 20;

describe('a mission with two tasks, of which one can be worked on all the time, is offered', () => {
  let api: Api;
  let ada: SimulatedUser;
  beforeEach(async () => {
    api = new Api(await product());
    ada = new SimulatedUser(api);
  });

  interface Held {
    readonly id: string;
    readonly mission_id: string;
    readonly fence: number;
  }
  const claim = async (): Promise<Held> =>
    (await expectStatus(200, api.post('runs/claim', { agent_id: 'robot', wait_seconds: WAIT_SECONDS }))).run;
  const finish = ({ id, fence }: Held, more: object = {}) =>
    expectStatus(200, api.post(`runs/${id}/finish`, { fence, status: 'succeeded', ...more }));
  const under = ({ id, fence }: Held) => ({ headers: { 'X-Run': `${id}:${fence}` } });
  /** Its first run is held, and has begun the second task. */
  const begun = async () => {
    const mission = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'A' }, { title: 'B' }] });
    const [a, b] = mission.tasks.map(({ id }: { id: string }) => id) as [string, string];
    const run = await claim();
    await expectStatus(200, api.patch(`missions/${mission.id}/tasks/${b}`, { status: 'in_progress' }, under(run)));
    return { id: mission.id as string, a, b, run };
  };
  const ask = (id: string, run: Held | undefined, task_id?: string) =>
    expectStatus(
      201,
      api.post(
        `missions/${id}/input-requests`,
        { ...YES_OR_NO, ...(task_id !== undefined && { task_id }) },
        run && under(run),
      ),
    );
  const respond = async (request: { id: string }) =>
    expectStatus(200, ada.respond(request.id, { selected_option: 'yes' }));
  const waitFor = (id: string, task: string, run: Held, blocked_by: string) =>
    expectStatus(
      200,
      api.patch(
        `missions/${id}/tasks/${task}`,
        { status: blocked_by.startsWith('webhook') ? 'waiting_external' : 'blocked', blocked_by },
        under(run),
      ),
    );

  it('at once when its user has answered the question about the other', async () => {
    const { id, a, run } = await begun();
    const request = await ask(id, run, a);
    await finish(run);
    await respond(request);
    expect((await claim()).mission_id).to.equal(id);
  });

  it('when its run ends if the answer came during that run', async () => {
    const { id, a, run } = await begun();
    await respond(await ask(id, run, a));
    await waitUntil(async () => (await api.get(`missions/${id}`)).body.blockers.length === 0, { what: 'the answer' });
    await finish(run);
    expect((await claim()).mission_id).to.equal(id);
  });

  it('and meanwhile the heartbeat of its run says that the user has answered and written', async () => {
    const { id, a, run } = await begun();
    const beat = async (): Promise<string[]> => {
      const { orders } = await expectStatus(200, api.post(`runs/${run.id}/heartbeat`, { fence: run.fence }));
      return orders;
    };
    expect(await beat()).to.deep.equal([]);
    await respond(await ask(id, run, a));
    expect(await waitUntil(async () => (await beat())[0], { what: 'the answer' })).to.equal('answered');
    await expectStatus(201, api.post(`missions/${id}/events`, { event_type: 'user_message', content: 'Hurry.' }));
    expect(await waitUntil(async () => (await beat())[0], { what: 'the message' })).to.equal('message');
    await finish(run);
  });

  it('at once when a signal has come', async () => {
    const { id, a, run } = await begun();
    await waitFor(id, a, run, `webhook:${id}`);
    await finish(run);
    await expectStatus(202, api.post('signals', { kind: 'webhook', reference: id }));
    expect((await claim()).mission_id).to.equal(id);
  });

  it('at once when the other mission has ended', async () => {
    const awaited = await api.mission();
    const { id, a, run } = await begun();
    await waitFor(id, a, run, `mission:${awaited.id}`);
    await finish(run);
    await expectStatus(200, api.patch(`missions/${awaited.id}`, { status: 'completed' }));
    expect((await claim()).mission_id).to.equal(id);
  });

  it('at once when its user has written or acted', async () => {
    const { id, a, run } = await begun();
    await waitFor(id, a, run, 'manual:the weather');
    await finish(run);
    await expectStatus(201, api.post(`missions/${id}/events`, { event_type: 'user_message', content: 'Hurry.' }));
    const second = await claim();
    expect(second.mission_id).to.equal(id);
    await finish(second);
    await ada.received(id, a);
    expect((await claim()).mission_id).to.equal(id);
  });

  it('at once when its run asked for another turn', async () => {
    const { id, run } = await begun();
    await finish(run, { again: true });
    expect((await claim()).mission_id).to.equal(id);
  });

  it('at once when its run has left a task that can be started', async () => {
    const { id, b, run } = await begun();
    await expectStatus(200, api.patch(`missions/${id}/tasks/${b}`, { status: 'completed' }, under(run)));
    await finish(run);
    expect((await claim()).mission_id).to.equal(id);
  });

  it('not while it waits for its user as a whole', async () => {
    const { id, run } = await begun();
    const request = await ask(id, run);
    await finish(run, { again: true });
    await expectStatus(201, api.post(`missions/${id}/events`, { event_type: 'user_message', content: 'Hurry.' }));
    const other = await api.mission({ can_run_autonomously: true });
    const next = await claim();
    expect(next.mission_id).to.equal(other.id);
    expect((await api.post('runs/claim', { agent_id: 'robot' })).status).to.equal(204);
    await respond(request);
    expect((await claim()).mission_id).to.equal(id);
  });

  it('not again if a failed run asks for another turn: its call says how to mend it', async () => {
    const { run } = await begun();
    const { status, body } = await api.post(`runs/${run.id}/finish`, {
      fence: run.fence,
      status: 'failed',
      again: true,
    });
    expect([status, body.code, body.errors[0].path]).to.deep.equal([400, 'VALIDATION_FAILED', '/again']);
  });
});
