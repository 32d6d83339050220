import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('the full-text search', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
    await service.request('create', {
      title: 'Quarterly budget',
      description: 'with Zoë',
      tasks: [{ title: 'e-mail Sarah', description: 'about the Lisbon office' }],
    });
    await service.request('create', { title: 'Holiday plans' });
    await service.request('create', { title: 'Quarterly budget of another' }, { caller: { user_id: 'bob' } });
    await service.request('create', { title: 'Quarterly budget elsewhere' }, { caller: { customer_id: 'other' } });
  });
  after(() => service.stop());

  const found = async (q: string) =>
    (await service.request<{ missions: { title: string }[] }>('list', { q })).missions.map((mission) => mission.title);

  it('finds words in title, description and tasks, also spread over all three', async () => {
    expect(await found('budget')).to.deep.equal(['Quarterly budget']);
    expect(await found('zoë')).to.deep.equal(['Quarterly budget']);
    expect(await found('lisbon QUARTERLY sarah')).to.deep.equal(['Quarterly budget']);
    expect(await found('"lisbon office" -holiday')).to.deep.equal(['Quarterly budget']);
    expect(await found('budget or holiday')).to.have.members(['Quarterly budget', 'Holiday plans']);
    expect(await found('office budget nowhere')).to.deep.equal([]);
  });

  it('finds a mission by its changed texts', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Before' });
    await service.request('add_task', { mission_id: mission.id, task: { title: 'xylophone' } });
    expect(await found('xylophone')).to.deep.equal(['Before']);
    await service.request('patch', { mission_id: mission.id, patch: { title: 'After' } });
    expect(await found('before')).to.deep.equal([]);
    expect(await found('after xylophone')).to.deep.equal(['After']);
  });

  it('never fails, whatever the query', async () => {
    for (const q of [
      '"',
      "'",
      '&|!()',
      ':*',
      '\\',
      '@',
      '-',
      'or',
      '%',
      'a '.repeat(200),
      '<->',
      "');drop table mission;--",
    ])
      expect(await found(q), q).to.be.an('array');
  });
});
