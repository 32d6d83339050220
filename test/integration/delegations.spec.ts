import { expect } from 'chai';
import { Client } from 'pg';
import { action, codeOf, type PayingAgent, payingAgent } from './paying-agent.ts';

const approve = { selected_option: 'approve' };

describe('a question that its user has delegated, in the whole product', () => {
  let running: PayingAgent['running'];
  let agent: PayingAgent['agent'];
  let as: PayingAgent['as'];
  let asked: PayingAgent['asked'];
  let itemOf: PayingAgent['itemOf'];
  before(async () => {
    ({ running, agent, as, asked, itemOf } = await payingAgent());
  });

  /** The approval service has not heard of it, nor does it hear: its event has passed. */
  const forgotten = async (request_id: string): Promise<void> => {
    const client = new Client({ connectionString: running.database.urlFor('approval') });
    await client.connect();
    await client.query('delete from input_person where request_id = $1', [request_id]);
    expect((await client.query('delete from input_request where id = $1', [request_id])).rowCount).to.equal(1);
    await client.end();
  };
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
  const given = async (from: string, to_user_id: string) =>
    await as(from).createMyDelegation({ to_user_id, until: inAnHour() });

  it('stands in the inbox of the delegate as well, who marks it for themselves, answers it, and is named', async () => {
    const { mission_id, request_id } = await asked();
    expect(await itemOf('dan', request_id)).to.equal(undefined);
    const { id } = await given('ada', 'dan');
    const item = await itemOf('dan', request_id);
    expect(item).to.include({ of_user_id: 'ada', on_behalf_of: 'ada', summary: 'Pay the hotel?' });
    expect((await as('dan').listMyInputRequests({ status: ['pending'] })).input_requests[0]?.id).to.equal(request_id);
    const name = item?.id ?? '';
    expect((await as('dan').markInboxSeen([name])).items[0]?.seen_at).to.be.a('string');
    expect((await itemOf('dan', request_id))?.seen_at).to.be.a('string');
    expect((await itemOf('ada', request_id))?.seen_at).to.equal(undefined);
    await as('dan').snoozeInboxItem(name, inAnHour());
    expect(await itemOf('dan', request_id)).to.equal(undefined);
    expect(await itemOf('ada', request_id)).to.be.an('object');
    expect(await codeOf(as('eve').markInboxSeen([name]))).to.equal('NOT_FOUND');
    expect(await codeOf(as('dan').getMyMission(mission_id))).to.equal('MISSION_NOT_FOUND');

    const { response } = await as('dan').respondToInputRequest(request_id, approve);
    expect(response).to.include({ responded_by: 'dan', on_behalf_of: 'ada' });
    const { tasks, recent_events: events } = await agent.client.getMission(mission_id, { include_events: 20 });
    expect(tasks[0]?.status).to.equal('in_progress');
    expect(JSON.stringify(events)).to.contain('"on_behalf_of":"ada"');
    expect(await itemOf('ada', request_id)).to.equal(undefined);
    for (const user of ['ada', 'dan'])
      expect((await as(user).listMyDecisions()).items[0]).to.include({ request_id, on_behalf_of: 'ada' });
    const receipt = response?.receipt ?? '';
    const { claims } = await agent.client.verifyReceipt({ receipt, action });
    expect(claims).to.include({ responded_by: 'dan', on_behalf_of: 'ada' });
    await as('ada').endMyDelegation(id);
  });

  it('is nothing to the delegate any more once it is ended', async () => {
    const { request_id } = await asked();
    const { id } = await given('ada', 'dan');
    expect(await itemOf('dan', request_id)).to.be.an('object');
    await as('ada').endMyDelegation(id);
    expect(await itemOf('dan', request_id)).to.equal(undefined);
    expect(await codeOf(as('dan').getMyInputRequest(request_id))).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect(await codeOf(as('dan').respondToInputRequest(request_id, approve))).to.equal('INPUT_REQUEST_NOT_FOUND');
    expect((await as('dan').listMyDelegations()).delegations).to.deep.equal([]);
  });

  it('of several people leaves the inbox of its user when the delegate has approved, and shows in each once', async () => {
    const { mission_id, request_id } = await asked({ assignees: ['bea', 'cem'], quorum: 2 });
    const ids = [await given('ada', 'dan'), await given('bea', 'dan'), await given('ada', 'bea')];
    const of = async (user: string) =>
      (await as(user).listMyInbox()).items.filter((item) => item.request_id === request_id);
    expect((await of('dan')).map(({ on_behalf_of }) => on_behalf_of)).to.deep.equal(['ada']);
    expect((await of('bea')).map(({ on_behalf_of }) => on_behalf_of)).to.deep.equal([undefined]);
    expect((await as('dan').respondToInputRequest(request_id, approve)).status).to.equal('pending');
    expect([await of('ada'), await of('dan')]).to.deep.equal([[], []]);
    // It is news to those who have yet to answer, and to nobody else.
    await agent.client.updateMission(mission_id, { title: 'Book the hotel soon' });
    expect([await of('ada'), await of('dan'), (await of('bea')).length]).to.deep.equal([[], [], 1]);
    for (const user of ['ada', 'dan'])
      expect(await codeOf(as(user).respondToInputRequest(request_id, approve))).to.equal('ALREADY_RESPONDED');
    const { recent_events: events } = await agent.client.getMission(mission_id, { include_events: 20 });
    expect(events.find(({ metadata }) => metadata['approved_by'] === 'dan')?.title).to.contain(
      '"dan" on behalf of "ada"',
    );
    const { response } = await as('bea').respondToInputRequest(request_id, approve);
    expect(response?.approved_by?.map((one) => [one.user_id, one.on_behalf_of])).to.deep.equal([
      ['dan', 'ada'],
      ['bea', undefined],
    ]);
    for (const { id, user_id } of ids) await as(user_id).endMyDelegation(id);
  });

  it('is read and answered by whom it asks before the approval service has heard of it', async () => {
    const { id } = await given('ada', 'dan');
    for (const user of ['bea', 'dan']) {
      const { request_id } = await asked({ assignees: ['bea'] });
      await forgotten(request_id);
      expect((await as(user).getMyInputRequest(request_id)).prompt).to.equal('Pay the hotel?');
      await forgotten(request_id);
      expect(await codeOf(as('eve').getMyInputRequest(request_id))).to.equal('INPUT_REQUEST_NOT_FOUND');
      expect((await as(user).respondToInputRequest(request_id, approve)).status).to.equal('responded');
    }
    await as('ada').endMyDelegation(id);
  });

  it('stays with its user where it would give an agent more power', async () => {
    const { data: mission } = await agent.did('mission_create', { title: 'By itself' });
    const proposes = { can_run_autonomously: true } as const;
    const data = await agent.client.askUser(mission.id, { prompt: 'May it run alone?', proposes });
    const { id } = await given('ada', 'dan');
    expect(await itemOf('ada', data.id)).to.be.an('object');
    expect(await itemOf('dan', data.id)).to.equal(undefined);
    expect(await codeOf(as('dan').respondToInputRequest(data.id, approve))).to.equal('INPUT_REQUEST_NOT_FOUND');
    await as('ada').endMyDelegation(id);
  });
});
