import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('the pages of the tables', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const pagesOf = async (table: 'mission' | 'task' | 'outbox'): Promise<Map<string, number>> => {
    const { rows } = await service.db.pool.query<{ id: string; page: number }>(
      `select ${table === 'outbox' ? 'position' : 'id'} as id, (ctid::text::point)[0]::int as page from ${table}`,
    );
    return new Map(rows.map(({ id, page }) => [id, page]));
  };

  const create = async (count: number): Promise<MissionDetail[]> => {
    const missions: MissionDetail[] = [];
    for (let n = 0; n < count; n += 1)
      missions.push(await service.request('create', { title: `Mission ${n}`, tasks: [{ title: 'Ask' }] }));
    return missions;
  };

  it('have room for the next version of a mission and of a task', async () => {
    const missions = await create(30);
    const [, , third] = missions;
    const [before, tasksBefore] = [await pagesOf('mission'), await pagesOf('task')];
    expect(new Set(before.values()).size, 'pages of missions').to.be.above(1);
    const id = third?.id ?? '';
    const task_id = third?.tasks[0]?.id ?? '';
    await service.request('ask', { mission_id: id, question: { prompt: 'Which day?', task_id } });
    const [after, tasksAfter] = [await pagesOf('mission'), await pagesOf('task')];
    expect(after.get(id)).to.equal(before.get(id));
    expect(tasksAfter.get(task_id)).to.equal(tasksBefore.get(task_id));
  });

  it('have room for the marks of events', async () => {
    await create(10);
    const before = await pagesOf('outbox');
    expect(new Set(before.values()).size, 'pages').to.be.above(1);
    await service.db.pool.query('update outbox set published_at = now(), stream_seq = 1 where published_at is null');
    const after = await pagesOf('outbox');
    const moved = [...before].filter(([position, page]) => after.get(position) !== page);
    // A marked row is some bytes longer, so that the last one of a full page may have to go.
    expect(moved.length).to.be.below(before.size / 4);
  });

  it('of the outbox hold no index of event ids, for every event has a new one', async () => {
    const { rows } = await service.db.pool.query<{ indexname: string }>(
      `select indexname from pg_indexes where schemaname = current_schema() and tablename = 'outbox' order by 1`,
    );
    expect(rows.map(({ indexname }) => indexname)).to.deep.equal([
      'outbox_of_mission',
      'outbox_pending',
      'outbox_pkey',
    ]);
  });
});
