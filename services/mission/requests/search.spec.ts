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

  it('finds other forms of a word, and quoted words as they are written', async () => {
    const { title } = await service.request<MissionDetail>('create', {
      title: 'Scheduling meetings',
      description: 'Häuser besichtigen',
    });
    for (const q of ['meeting', 'schedule', 'the meeting schedules', 'Haus', 'HÄUSERN', 'nowhere or meeting'])
      expect(await found(q), q).to.deep.equal([title]);
    expect(await found('"scheduling meetings"')).to.deep.equal([title]);
    expect(await found('"schedule meeting"')).to.deep.equal([]);
  });

  for (const [language, title, parts, others] of [
    ['Chinese', '预订会议室', ['会议', '会议室', '室', '预订会议室'], ['议会', '订室']],
    ['Japanese', '東京タワーの会議を予約する', ['タワー', '会議', '予約', '東京 会議', '"会議を予約"'], ['京都']],
    ['Korean', '회의를 준비합니다', ['회의', '준비'], ['의회']],
    ['Thai', 'จองห้องประชุม', ['ประชุม', 'ห้อง'], ['ชุมจอง']],
  ] as const)
    it(`finds parts of ${language} text, which has no spaces`, async () => {
      await service.request('create', { title });
      for (const q of parts) expect(await found(q), q).to.deep.equal([title]);
      for (const q of others) expect(await found(q), q).to.deep.equal([]);
      expect(await found(`-${parts[0]} budget`)).to.deep.equal(['Quarterly budget']);
    });

  it('takes the longest texts of any writing', async () => {
    const characters = Array.from({ length: 40_000 }, (_, index) => String.fromCharCode(0x3400 + index));
    for (const between of ['', ' ']) {
      const description = characters.join(between).slice(0, 60_000);
      await service.request('create', { title: `Long${between}`, description });
    }
    expect(await found('㐀㐁')).to.deep.equal(['Long']);
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
