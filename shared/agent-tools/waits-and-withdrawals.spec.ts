import { expect } from 'chai';
import { actingFor } from './testing/tools-of.ts';

describe('through the tools', () => {
  it('a task waits for a time that a model names by the reference', async () => {
    const agent = await actingFor();
    const reference = '2099-01-01T09:00:00Z';
    const { data, text } = await agent.did('mission_create', {
      title: 'Later',
      tasks: [{ title: 'Wait', wait_for: { kind: 'time', reference } }],
    });
    expect(data.blockers[0]).to.include({ kind: 'time', until_at: '2099-01-01T09:00:00.000Z' });
    expect(text).to.include('2099');
  });

  it('mission_ask_user takes a question back with request_id and withdraw', async () => {
    const agent = await actingFor();
    const { data: mission } = await agent.did('mission_create', { title: 'Ask', tasks: [{ title: 'one' }] });
    const mission_id = mission.id;
    const asked = await agent.did('mission_ask_user', { mission_id, task_id: mission.tasks[0].id, prompt: 'Now?' });
    const request_id = asked.data.id;
    const { text } = await agent.did('mission_ask_user', { mission_id, request_id, withdraw: 'it is settled' });
    expect(text).to.include('taken back').and.to.include(`${mission.tasks[0].id} is ready`);
    const again = await agent.failed('mission_ask_user', { mission_id, request_id, withdraw: 'it is settled' });
    expect(again).to.include('ALREADY_RESPONDED');
  });

  it('mission_ask_user says that its user is told nowhere but on the page', async () => {
    const agent = await actingFor();
    const { data: mission } = await agent.did('mission_create', { title: 'Ask' });
    const { text, data } = await agent.did('mission_ask_user', { mission_id: mission.id, prompt: 'Now?' });
    expect(data.reach).to.deep.equal({ channels: [] });
    expect(text).to.include('only who looks at the page sees it');
    const read = await agent.did('mission_ask_user', { mission_id: mission.id, request_id: data.id });
    expect(read.text).not.to.include('only who looks at the page sees it');
  });
});
