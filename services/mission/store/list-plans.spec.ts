import { expect } from 'chai';
import type { MissionFilter } from '@missions/contracts/mission/bodies.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';
import { listMissions } from './list-missions.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

const MANY = 20_000;

describe('a page of a list', () => {
  let service: MissionUnderTest;

  before(async () => {
    service = await startMissionUnderTest();
    const { id } = await service.request<MissionDetail>('create', { title: 'One of many' });
    const { rows } = await service.db.pool.query(
      `select string_agg(quote_ident(column_name), ', ') as names from information_schema.columns
        where table_schema = 'mission' and table_name = 'mission' and column_name not in
          ('id', 'user_id', 'created_at', 'updated_at', 'due_at', 'priority', 'phase', 'status', 'return_phase',
           'needs_attention')`,
    );
    // A rare one of each kind stands among the oldest.
    await service.db.pool.query(
      `insert into mission (id, user_id, created_at, updated_at, due_at, priority, phase, status, return_phase,
         needs_attention, ${rows[0].names})
       select gen_random_uuid(), 'busy', now() - i * interval '1 s', now() - random() * interval '30 days',
              case when i % 3 = 0 then now() + random() * interval '30 days' end,
              (array['low', 'normal', 'high'])[1 + i % 3],
              p.phase, case p.phase when 'waiting' then 'waiting' else 'active' end,
              case p.phase when 'waiting' then 'executing' end, i > $2 - 100, ${rows[0].names}
         from mission, generate_series(1, $2) as i, lateral (select
                case when i > $2 - 100 then 'executing' when i % 3 = 0 then 'waiting' else 'planning' end as phase) p
        where id = $1`,
      [id, MANY],
    );
    await service.db.pool.query('vacuum analyze');
  });
  after(() => service.stop());

  /** Missions that the statement reads, the ones that it leaves out included. */
  const missionsRead = async (filter: Omit<MissionFilter, 'cursor'>): Promise<number> => {
    const tx = autocommit(service.db);
    let read = 0;
    const visit = (plan: Plan): void => {
      if (plan['Relation Name'] === 'mission')
        read += (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
      plan.Plans?.forEach(visit);
    };
    const explaining = {
      ...tx,
      run: async <Row>(statement: { text: string }, values?: readonly unknown[]): Promise<Row[]> => {
        const text = `explain (analyze, format json) ${statement.text}`;
        const [row] = await tx.run<{ 'QUERY PLAN': { Plan: Plan }[] }>({ name: '', text }, values);
        row?.['QUERY PLAN'].forEach(({ Plan: plan }) => visit(plan));
        return [];
      },
    };
    await listMissions(explaining as typeof tx, 'acme', 'busy', { limit: 50, ...filter });
    return read;
  };

  const pages: Record<string, Omit<MissionFilter, 'cursor'>> = {
    'of the latest': {},
    'by the last change': { sort: '-updated_at' },
    'by due date': { sort: 'due_at' },
    'by priority': { sort: '-priority' },
    'that needs attention': { needs_attention: true },
    'in a rare phase': { phase: ['executing'] },
    'in a rare phase, by the last change': { phase: ['executing'], sort: '-updated_at' },
    'in a common phase, by the last change': { phase: ['waiting'], sort: '-updated_at' },
    'in several phases, by the last change': { phase: ['waiting', 'executing'], sort: '-updated_at' },
  };
  for (const [name, filter] of Object.entries(pages))
    it(`reads no more missions than it shows, whatever the user has: ${name}`, async () => {
      expect(await missionsRead(filter)).to.be.within(1, 102);
    });
});
