import { expect } from 'chai';
import type { MissionDetail, Task } from '@missions/contracts/mission/representation.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('the claim of a task', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const [planner, writer] = [{ agent_id: 'planner' }, { agent_id: 'writer' }];
  const create = () => service.request<MissionDetail>('create', { title: 'Two chats', tasks: [{ title: 'one' }] });
  const on = ({ id, tasks }: MissionDetail) => ({ mission_id: id, task_id: tasks[0]?.id });
  const claim = (mission: MissionDetail, caller: object, conversation_id = 'a', minutes?: number) =>
    service.request<Task>('claim_task', { ...on(mission), conversation_id, ...(minutes && { minutes }) }, { caller });
  const release = (mission: MissionDetail, caller: object, conversation_id = 'a') =>
    service.request<Task>('release_task', { ...on(mission), conversation_id }, { caller });
  const patch = (mission: MissionDetail, change: object, caller: object) =>
    service.request<Task>('patch_task', { ...on(mission), patch: change }, { caller });
  const brief = async ({ id }: MissionDetail) =>
    (await service.request<{ brief: string }>('resume', { mission_id: id, conversation_id: 'z' })).brief;

  it('is seen in the task and the brief, and refuses the others, naming who holds it', async () => {
    const mission = await create();
    const { claim: held } = await claim(mission, planner);
    expect(held).to.include({ agent_id: 'planner', conversation_id: 'a' });
    expect(await brief(mission)).to.include('claimed by "planner"');
    const others = [
      () => claim(mission, writer, 'b'),
      () => claim(mission, planner, 'b'),
      () => release(mission, writer, 'a'),
    ];
    for (const other of others) {
      const { code, detail, members } = await refusal(other());
      expect(code).to.equal('TASK_CLAIMED');
      expect(detail).to.include('agent planner in conversation a until');
      expect(members['claim']).to.deep.equal(held);
    }
  });

  it('of two at the same time is had by one', async () => {
    const mission = await create();
    const both = await Promise.allSettled([claim(mission, planner), claim(mission, writer, 'b')]);
    expect(both.map(({ status }) => status)).to.have.members(['fulfilled', 'rejected']);
  });

  it('is extended and given back by its holder alone, and then free', async () => {
    const mission = await create();
    const first = await claim(mission, planner, 'a', 5);
    const second = await claim(mission, planner, 'a', 60);
    expect(second.claim?.since).to.equal(first.claim?.since);
    expect((second.claim?.until ?? '') > (first.claim?.until ?? '')).to.equal(true);
    expect((await release(mission, planner)).claim).to.equal(null);
    expect((await release(mission, planner)).claim).to.equal(null);
    expect((await claim(mission, writer, 'b')).claim).to.include({ agent_id: 'writer' });
  });

  it('keeps another agent from the work on the task, but not its holder, the user or the plan', async () => {
    const mission = await create();
    await claim(mission, planner);
    for (const change of [{ status: 'in_progress' }, { result: { a: 1 } }, { blocked_by: 'webhook:x' }])
      expect((await refusal(patch(mission, change, writer))).code).to.equal('TASK_CLAIMED');
    await patch(mission, { title: 'One' }, writer);
    await patch(mission, { status: 'in_progress' }, planner);
    await patch(mission, { result: { b: 1 } }, { kind: 'user' });
  });

  it('ends with its time, and with the task', async () => {
    const mission = await create();
    await claim(mission, planner);
    await service.db.pool.query(
      `update task set claim = jsonb_set(claim, '{until}', '"2020-01-01T00:00:00.000Z"') where mission_id = $1`,
      [mission.id],
    );
    const read = await service.request<MissionDetail>('get', { mission_id: mission.id });
    expect(read.tasks[0]?.claim).to.equal(null);
    await claim(mission, writer, 'b');
    expect((await patch(mission, { status: 'completed' }, writer)).claim).to.equal(null);
    expect((await refusal(claim(mission, planner))).code).to.equal('INVALID_TRANSITION');
  });
});
