import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { newId } from '@missions/runtime/id.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('a question that is taken back', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const create = (tasks: object[] = [{ title: 'one' }]) =>
    service.request<MissionDetail>('create', { title: 'Ask', tasks });
  const read = ({ id }: { id: string }) => service.request<MissionDetail>('get', { mission_id: id });
  const ask = ({ id }: { id: string }, task_id?: string) =>
    service.request<{ id: string }>('ask', {
      mission_id: id,
      question: { prompt: 'Yes?', ...(task_id && { task_id }) },
    });
  const withdraw = ({ id }: { id: string }, request_id: string, caller = {}) =>
    service.request<{ task: object | null; mission: object }>(
      'withdraw',
      { mission_id: id, request_id, reason: 'settled by phone' },
      { caller },
    );
  const patch = ({ id, tasks }: MissionDetail, change: object) =>
    service.request('patch_task', { mission_id: id, task_id: tasks[0]?.id, patch: change });

  for (const was of ['ready', 'in_progress'])
    it(`leaves its task ${was}, as it was, and says why in the history`, async () => {
      const mission = await create();
      if (was === 'in_progress') await patch(mission, { status: was });
      const { started_at } = (await read(mission)).tasks[0] ?? {};
      const { id } = await ask(mission, mission.tasks[0]?.id);
      const { task, mission: after } = await withdraw(mission, id);
      expect(task).to.include({ status: was });
      expect(after).to.include({ status: 'active', phase: 'executing' });
      const now = await read(mission);
      expect(now.tasks[0]).to.include({ status: was, blocked_by: '', started_at });
      expect(now).to.include({ needs_attention: false });
      const ended = now.recent_events.find(({ event_type }) => event_type === 'unblocked');
      expect(ended?.content).to.include('settled by phone');
      expect(ended?.metadata).to.have.nested.property('resolution.by', 'withdrawn');
    });

  it('ends nothing else that its task or its mission waits for', async () => {
    const mission = await create();
    const task_id = mission.tasks[0]?.id;
    const [first, second] = [await ask(mission, task_id), await ask(mission, task_id)];
    const whole = await ask(mission);
    await patch(mission, { blocked_by: 'webhook:r' });
    await withdraw(mission, first.id, { kind: 'user' });
    expect((await read(mission)).blockers.map(({ key }) => key)).to.have.members([
      `human_input:${second.id}`,
      `human_input:${whole.id}`,
      'webhook:r',
    ]);
    await withdraw(mission, whole.id.toUpperCase());
    const now = await read(mission);
    expect(now.blockers).to.have.length(2);
    expect(now.status).to.equal('waiting');
  });

  it('is refused if it is not open, saying why, and for a mission of another user', async () => {
    const mission = await create();
    const { id } = await ask(mission);
    expect((await refusal(withdraw(mission, id, { user_id: 'eve' }))).code).to.equal('MISSION_NOT_FOUND');
    expect((await refusal(withdraw(await create(), id))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect((await refusal(withdraw(mission, newId()))).code).to.equal('INPUT_REQUEST_NOT_FOUND');
    await withdraw(mission, id);
    const { version } = await read(mission);
    const again = await refusal(withdraw(mission, id));
    expect(again.code).to.equal('ALREADY_RESPONDED');
    expect(again.detail).to.include('taken back');
    expect((await read(mission)).version).to.equal(version);
  });
});
