import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';

describe('two agents in two chats, in the product', () => {
  it('do not do the same task: the second is told who has claimed it', async () => {
    const api = new Api(await product());
    const { id, tasks } = await api.mission({ tasks: [{ title: 'Book the room' }] });
    const task = `missions/${id}/tasks/${tasks[0].id}`;
    const claim = (agent_id: string, conversation_id: string) =>
      api.post(`${task}/claim`, { agent_id, conversation_id });
    const answers = await Promise.all([claim('planner', 'chat-1'), claim('writer', 'chat-2')]);
    const won = answers.find(({ status }) => status === 200);
    const lost = answers.find(({ status }) => status !== 200);
    expect(won?.body.claim).to.include.keys('agent_id', 'conversation_id', 'since', 'until');
    expect([lost?.status, lost?.body.code]).to.deep.equal([409, 'TASK_CLAIMED']);
    expect(lost?.body.claim).to.deep.equal(won?.body.claim);
    expect((await api.get(`missions/${id}`)).body.tasks[0].claim).to.deep.equal(won?.body.claim);

    const { agent_id, conversation_id } = won?.body.claim ?? {};
    const loser = agent_id === 'planner' ? 'writer' : 'planner';
    const as = (agent: string) => ({ headers: { 'x-agent-instance-id': agent } });
    const stolen = await api.patch(task, { status: 'completed' }, as(loser));
    expect([stolen.status, stolen.body.code]).to.deep.equal([409, 'TASK_CLAIMED']);
    expect((await api.post(`${task}/release`, { agent_id, conversation_id })).body.claim).to.equal(null);
    expect((await api.patch(task, { status: 'completed' }, as(loser))).status).to.equal(200);
  });
});
