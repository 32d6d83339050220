import { expect } from 'chai';
import type { MissionDetail, ResumeBundle } from '@missions/contracts/mission/representation.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('resume', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  it('lists the changes after the history entry that the caller names', async () => {
    const mission = await service.request<MissionDetail>('create', {
      title: 'Long',
      tasks: [{ title: 'one' }, { title: 'two' }],
    });
    const known = mission.recent_events[0]?.sequence ?? 0;
    const [one] = mission.tasks;
    await service.request('patch_task', { mission_id: mission.id, task_id: one?.id, patch: { status: 'in_progress' } });
    const { changes } = await service.request<ResumeBundle>('resume', {
      mission_id: mission.id,
      conversation_id: 'b',
      since: known,
    });
    expect(changes?.events.map((event) => [event.sequence - known, event.event_type])).to.deep.equal([
      [1, 'task_updated'],
      [2, 'resumed'],
    ]);
    expect(changes?.tasks.map((task) => [task.id, task.status])).to.deep.equal([[one?.id, 'in_progress']]);
    expect(changes?.truncated).to.equal(false);
  });

  it('lists no changes unless the caller names an entry', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Short' });
    expect(await service.request('resume', { mission_id: mission.id, conversation_id: 'b' })).to.not.have.property(
      'changes',
    );
  });

  it('shows an ended mission whole and logs nothing', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Over' });
    const { version } = await service.request<MissionDetail>('patch', {
      mission_id: mission.id,
      patch: { status: 'completed' },
    });
    const bundle = await service.request<ResumeBundle>('resume', { mission_id: mission.id, conversation_id: 'b' });
    expect(bundle.mission).to.include({ status: 'completed', version });
    expect(bundle.recent_events.map((event) => event.event_type)).to.not.include('resumed');
  });
});
