import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { endsOf, expectStatus, isActiveAgain, historyOf, missionOf, requestOf, waitingForAda } from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

/** 1.8 s. */
const SOON = 0.0005;

describe("the user's controls, and deadlines", () => {
  let api: Api;
  let ada: SimulatedUser;

  before(async () => {
    api = new Api(await product());
    ada = new SimulatedUser(api);
  });

  it('a cancel ends the mission and its input request', async () => {
    const asked = await waitingForAda(api);
    const cancelled = await expectStatus(200, ada.control(asked.missionId, 'cancel'));
    expect(cancelled).to.include({ status: 'cancelled', outcome: 'cancelled', blocked_by: '' });
    expect(cancelled.tasks[0].status).to.equal('skipped');
    await waitUntil(async () => (await requestOf(api, asked)).status === 'cancelled');
    expect(
      endsOf(await historyOf(api, asked.missionId), asked.request.id).map(({ event_type, metadata }) => [
        event_type,
        metadata.resolution.by,
      ]),
    ).to.deep.equal([['unblocked', 'cancelled']]);
    expect((await ada.control(asked.missionId, 'cancel')).body.code).to.equal('MISSION_CLOSED');
  });

  it('a paused mission still takes a response, and a user’s resume lifts any pause', async () => {
    for (const pause of [
      (id: string) => ada.control(id, 'pause'),
      (id: string) => api.patch(`missions/${id}`, { status: 'paused' }),
    ]) {
      const { missionId, request } = await waitingForAda(api);
      await expectStatus(200, pause(missionId));
      expect(await missionOf(api, missionId)).to.include({ status: 'paused', phase: 'waiting' });
      await expectStatus(200, ada.respond(request.id, { selected_option: 'yes' }));
      const mission = await isActiveAgain(api, missionId);
      expect(mission).to.include({ status: 'paused', phase: 'executing' });
      expect(mission.tasks[0].status).to.equal('in_progress');
      expect(await expectStatus(200, ada.control(missionId, 'resume'))).to.include({
        status: 'active',
        paused_by: null,
      });
    }
  });

  it("an agent cannot lift a user's pause", async () => {
    const { missionId } = await waitingForAda(api);
    await expectStatus(200, ada.control(missionId, 'pause'));
    expect((await api.patch(`missions/${missionId}`, { status: 'active' })).status).to.equal(409);
    expect(await missionOf(api, missionId)).to.include({ status: 'paused', paused_by: 'user' });
  });

  it('a retry resumes a failed mission, and its next input request is a new one', async () => {
    const { missionId, taskId, request } = await waitingForAda(api);
    await expectStatus(200, api.patch(`missions/${missionId}/tasks/${taskId}`, { status: 'failed', error: 'gave up' }));
    expect((await expectStatus(200, ada.control(missionId, 'retry'))).tasks[0]).to.include({
      status: 'ready',
      attempt: 2,
      error: '',
    });
    const again = await expectStatus(
      201,
      api.post(`missions/${missionId}/input-requests`, { prompt: 'Once more?', task_id: taskId }),
    );
    expect(again.id).not.to.equal(request.id);
    await expectStatus(200, ada.respond(again.id, { freeform_text: 'go on' }));
    const { tasks } = await isActiveAgain(api, missionId);
    expect(tasks[0]).to.include({ status: 'in_progress', attempt: 2 });
    expect(tasks[0].result.response.freeform_text).to.equal('go on');
  });

  it('a received signal ends its wait, and dependent tasks become ready', async () => {
    const { id, tasks } = await api.mission({
      tasks: [
        { title: 'The parcel', ref: 'parcel', wait_for: { kind: 'webhook' } },
        { title: 'Unpack', depends_on: ['parcel'] },
      ],
    });
    expect(tasks[0].status).to.equal('waiting_external');
    const done = await expectStatus(200, ada.received(id, tasks[0].id));
    expect(done).to.include({ status: 'completed' });
    const mission = await isActiveAgain(api, id);
    expect(mission.tasks.map((task: { status: string }) => task.status)).to.deep.equal(['completed', 'ready']);
    expect((await ada.received(id, tasks[0].id)).body.code).to.equal('INVALID_TRANSITION');
    const [end] = (await historyOf(api, id)).filter((entry) => entry.metadata.resolution);
    expect(end).to.deep.include({ event_type: 'unblocked' });
  });

  it('the deadline ends an unanswered wait once and not early, by failure or resumption as it was opened', async () => {
    const wait = (on_timeout: string) => ({ kind: 'webhook', timeout_hours: SOON, on_timeout });
    const { id, tasks } = await api.mission({
      tasks: [
        { title: 'Fails', ref: 'fails', wait_for: wait('fail') },
        { title: 'Goes on', wait_for: wait('resume') },
        { title: 'Never', depends_on: ['fails'] },
      ],
    });
    const deadline: string = (await missionOf(api, id)).blockers[0].until_at;
    expect(tasks[0].timeout_at).to.equal(deadline);
    const mission = await isActiveAgain(api, id);
    expect(mission.tasks.map((task: { status: string; error: string }) => [task.status, task.error])).to.deep.equal([
      ['failed', 'timeout'],
      ['in_progress', ''],
      ['pending', ''],
    ]);
    expect(mission).to.include({ phase: 'executing', needs_attention: true });
    const ends = (await historyOf(api, id)).filter((entry) => entry.metadata.resolution) as any[];
    expect(ends.map(({ event_type, metadata }) => [event_type, metadata.resolution.by])).to.deep.equal([
      ['unblocked', 'timeout'],
      ['unblocked', 'timeout'],
    ]);
    for (const { created_at } of ends) expect(created_at >= deadline, `${created_at} of ${deadline}`).to.equal(true);
    expect((await expectStatus(200, ada.control(id, 'retry'))).tasks[0]).to.include({ attempt: 2 });
  });

  it('the deadline has no effect on a wait that was answered before', async () => {
    const { id } = await api.mission({
      tasks: [
        { title: 'In time', wait_for: { kind: 'webhook', reference: `in-time-${api.customer}`, timeout_hours: SOON } },
        { title: 'Later', wait_for: { kind: 'webhook', timeout_hours: 2 * SOON, on_timeout: 'resume' } },
      ],
    });
    await expectStatus(
      202,
      api.post('signals', { kind: 'webhook', reference: `in-time-${api.customer}`, data: { ok: true } }),
    );
    // A later deadline has been handled, so the earlier one was handled before.
    const { tasks } = await isActiveAgain(api, id);
    expect(tasks.map((task: { status: string }) => task.status)).to.deep.equal(['completed', 'in_progress']);
    expect(
      (await historyOf(api, id))
        .filter((entry) => entry.metadata.resolution)
        .map((entry) => entry.metadata.resolution.by),
    ).to.deep.equal(['signal', 'timeout']);
  });
});
