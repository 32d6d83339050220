import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { historyOf } from './client.ts';

/** The shortest allowed lease. */
const LEASE = { lease_seconds: 10 };

describe('autonomous runs in the whole product', () => {
  let api: Api;
  beforeEach(async () => {
    api = new Api(await product());
  });

  const claim = (agent_id: string, more: object = {}) =>
    api.post('runs/claim', { agent_id, wait_seconds: 5, ...LEASE, ...more });
  const under = (run: { id: string; fence: number }) => ({ headers: { 'X-Run': `${run.id}:${run.fence}` } });

  it('a run is offered as soon as a task is ready, has the same context as resume, and can be finished', async () => {
    const mission = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'work' }] });
    const { status, body } = await claim('first');
    expect(status).to.equal(200);
    expect(body.run).to.include({
      mission_id: mission.id,
      status: 'claimed',
      reason: 'created',
      agent_id: 'first',
      attempt: 1,
    });
    expect(body.context).to.include.keys(
      'mission',
      'tasks',
      'recent_events',
      'blockers',
      'input_requests',
      'next_tasks',
      'brief',
    );
    const task = mission.tasks[0].id;
    expect(
      (await api.patch(`missions/${mission.id}/tasks/${task}`, { status: 'completed' }, under(body.run))).status,
    ).to.equal(200);
    expect((await api.post(`runs/${body.run.id}/heartbeat`, { fence: body.run.fence })).status).to.equal(200);
    expect(
      (await api.post(`runs/${body.run.id}/finish`, { fence: body.run.fence, status: 'succeeded' })).body,
    ).to.include({ status: 'succeeded' });
    expect(
      (await api.post(`runs/${body.run.id}/finish`, { fence: body.run.fence + 1, status: 'failed' })).body.code,
    ).to.equal('LEASE_LOST');
    expect((await api.get(`missions/${mission.id}/runs`)).body.runs.map((run: { id: string }) => run.id)).to.include(
      body.run.id,
    );
    const kinds = (await historyOf(api, mission.id)).map((entry) => entry.event_type);
    expect(kinds.filter((kind) => kind.startsWith('run_'))).to.deep.equal(['run_started', 'run_finished']);
  });

  it('the run of a dead agent goes to another agent, and late writes of the first are refused', async () => {
    const mission = await api.mission({ can_run_autonomously: true, tasks: [{ title: 'work' }] });
    const first = (await claim('dies')).body.run;
    const second = await waitUntil(
      async () => {
        const { status, body } = await claim('goes-on', { wait_seconds: 10 });
        return status === 200 ? body.run : undefined;
      },
      { what: 'the run, given on' },
    );
    expect(second.mission_id).to.equal(mission.id);
    expect(second.fence).to.be.greaterThan(first.fence);
    const write = (run: { id: string; fence: number }) =>
      api.patch(`missions/${mission.id}/tasks/${mission.tasks[0].id}`, { status: 'in_progress' }, under(run));
    expect((await write(first)).body.code).to.equal('LEASE_LOST');
    expect((await api.post(`runs/${first.id}/heartbeat`, { fence: first.fence })).body.code).to.equal('LEASE_LOST');
    expect((await write(second)).status).to.equal(200);
    const started = (await historyOf(api, mission.id))
      .filter((entry) => entry.event_type === 'run_started')
      .map((entry) => entry.metadata.agent_id);
    expect(started).to.deep.equal(['dies', 'goes-on']);
  });

  it('a run is offered neither to another customer nor while its mission is paused', async () => {
    const mission = await api.mission({ can_run_autonomously: true });
    const other = new Api(await product());
    expect((await other.post('runs/claim', { agent_id: 'stranger' })).status).to.equal(204);
    await api.patch(`missions/${mission.id}`, { status: 'paused' });
    await waitUntil(async () => (await claim('late', { wait_seconds: 0 })).status === 204);
  });

  it('a run ends when a user pauses its mission', async () => {
    const mission = await api.mission({ can_run_autonomously: true });
    const { run } = (await claim('paused')).body;
    await api.post(`/api/v1/missions/${mission.id}/pause`, {}, { headers: { 'X-User-ID': 'ada' } });
    expect(
      (await api.post(`missions/${mission.id}/events`, { event_type: 'note', content: 'late' }, under(run))).body.code,
    ).to.equal('LEASE_LOST');
  });
});
