import { expect } from 'chai';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { action, codeOf, type PayingAgent, payingAgent } from './paying-agent.ts';

describe('a question to several people, in the whole product', () => {
  let running: PayingAgent['running'];
  let agent: PayingAgent['agent'];
  let as: PayingAgent['as'];
  let itemOf: PayingAgent['itemOf'];
  let asked: PayingAgent['asked'];
  before(async () => {
    const paying = await payingAgent();
    ({ running, agent, as, itemOf } = paying);
    asked = (over) => paying.asked({ assignees: ['bea', 'cem'], quorum: 2, ...over });
  });

  it('stands in the inbox of each until they have answered, and its mission is seen by its user alone', async () => {
    const { mission_id, request_id, text } = await asked();
    expect(text).to.contain('0 of 2 people have approved');
    for (const user of ['ada', 'bea', 'cem']) {
      const item = await itemOf(user, request_id);
      expect(item?.summary).to.equal('Pay the hotel?');
      expect(item?.of_user_id).to.equal(user === 'ada' ? undefined : 'ada');
      expect((await as(user).getMyInputRequest(request_id)).action).to.deep.equal(action);
    }
    expect(await itemOf('eve', request_id)).to.equal(undefined);
    expect(await codeOf(as('eve').getMyInputRequest(request_id))).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await codeOf(as('eve').respondToInputRequest(request_id, { selected_option: 'approve' }))).to.equal(
      'INPUT_REQUEST_NOT_FOUND',
    );
    expect(await codeOf(as('bea').getMyMission(mission_id))).to.equal('MISSION_NOT_FOUND');

    const half = await as('bea').respondToInputRequest(request_id, { selected_option: 'approve', note: 'Fine' });
    expect(half).to.deep.include({ status: 'pending', response: null });
    expect(await itemOf('bea', request_id)).to.equal(undefined);
    expect(await itemOf('cem', request_id)).to.be.an('object');
    const { recent_events: events } = await agent.client.getMission(mission_id, { include_events: 20 });
    const entry = events.find(({ metadata }) => metadata['approved_by'] === 'bea');
    expect(entry).to.deep.include({ event_type: 'user_message', content: 'Fine' });
    expect(entry?.title).to.contain('1 of 2');
    const waiting = await agent.did('mission_ask_user', { mission_id, request_id });
    expect(waiting.text).to.contain('1 of 2 people have approved').and.to.contain('no approval yet');

    const { status, response } = await as('cem').respondToInputRequest(request_id, { selected_option: 'approve' });
    expect(status).to.equal('responded');
    expect(response?.approved_by?.map(({ user_id }) => user_id)).to.deep.equal(['bea', 'cem']);
    for (const user of ['ada', 'cem']) expect(await itemOf(user, request_id)).to.equal(undefined);
    const [task] = (await agent.client.getMission(mission_id)).tasks;
    expect(task?.status).to.equal('in_progress');
    const [mine] = (await as('bea').listMyDecisions()).items;
    expect(mine).to.deep.include({ request_id, receipt: response?.receipt });
    const receipt = response?.receipt ?? '';
    expect((await agent.client.verifyReceipt({ receipt, action })).claims).to.deep.include({ on_behalf_of: 'ada' });
  });

  it('tells the open page of an assignee', async () => {
    const hints: string[] = [];
    const ending = new AbortController();
    const response = await fetch(`${running.origin}/api/v1/stream`, {
      headers: {
        ...{ authorization: `Bearer ${running.secret}`, 'x-user-id': 'bea', 'x-customer-id': agent.customerId },
      },
      signal: ending.signal,
    });
    const reading = (async () => {
      for await (const chunk of response.body as ReadableStream<Uint8Array>)
        hints.push(new TextDecoder().decode(chunk));
    })().catch(() => {});
    await waitUntil(() => hints.length > 0, { what: 'the stream to open' });
    await asked();
    await waitUntil(() => hints.join('').includes('event: inbox'), { what: 'the hint' });
    ending.abort();
    await reading;
  });

  it('ends for everybody when its mission takes it back', async () => {
    const { mission_id, request_id } = await asked();
    await agent.did('mission_ask_user', { mission_id, request_id, withdraw: 'Not needed' });
    for (const user of ['ada', 'bea']) expect(await itemOf(user, request_id)).to.equal(undefined);
    expect((await as('bea').getMyInputRequest(request_id)).status).to.equal('cancelled');
  });

  const refused: [says: string, over: object, path: string][] = [
    ['more approvals than people', { quorum: 4 }, '/quorum'],
    ['approvals of several, with one who is asked', { assignees: [], quorum: 2 }, '/quorum'],
    ['the user of the mission as an assignee', { assignees: ['ada'], quorum: 1 }, '/assignees/0'],
    ['an assignee twice', { assignees: ['bea', 'bea'] }, '/assignees/1'],
    ['an assignee to escalate to', { escalate_to: 'bea' }, '/escalate_to'],
    ['approvals of what cannot be approved', { action: undefined, options: [{ id: 'no', label: 'No' }] }, '/options'],
  ];
  for (const [says, over, path] of refused)
    it(`is not asked with ${says}`, async () => {
      const { data: mission } = await agent.did('mission_create', { title: 'Refused' });
      const question = { prompt: 'Pay?', action, assignees: ['bea', 'cem'], quorum: 2, ...over };
      const error = await agent.client.askUser(mission.id, question).then(
        () => undefined,
        (thrown: { code?: string; problem?: { errors?: { path: string }[] } }) => thrown,
      );
      expect(error?.code).to.equal('VALIDATION_FAILED');
      expect(error?.problem?.errors?.map((one) => one.path)).to.include(path);
    });
});
