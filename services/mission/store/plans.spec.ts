import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { autocommit, type Tx } from '@missions/persistence/transaction.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';
import { changesSince, listEvents } from './history.ts';
import { listChangedMissions, listNewHistory, listRecentHistory } from './stream-history.ts';
import { listMissions } from './list-missions.ts';
import { lockLease, lockMission } from './load-mission.ts';
import { readBundleRows, readMission, readTask } from './read-mission.ts';
import { searchDocument } from './search.ts';
import { findStoredSignal, storeSignal } from './signals.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

/** Tables that grow with the missions of all customers. */
const LARGE = ['mission', 'task', 'mission_event', 'blocker', 'signal'];

describe('the plans of frequent statements', () => {
  let service: MissionUnderTest;
  let mission: MissionDetail;
  before(async () => {
    service = await startMissionUnderTest();
    const tasks = [{ title: 'one', wait_for: { kind: 'webhook', reference: 'w1' } }, { title: 'two' }];
    mission = await service.request<MissionDetail>('create', { title: 'Sought among many', tasks });
    const { pool } = service.db;
    // So many rows that a scan is expensive, in the shape that the service writes.
    const columns = async (table: string) =>
      (
        await pool.query(
          "select string_agg(quote_ident(column_name), ', ') as names from information_schema.columns " +
            "where table_schema = 'mission' and table_name = $1 " +
            "and column_name not in ('id', 'user_id', 'search', 'mission_id')",
          [table],
        )
      ).rows[0].names as string;
    const [ofMission, ofTask, ofEvent] = [
      await columns('mission'),
      await columns('task'),
      await columns('mission_event'),
    ];
    const document = searchDocument("'word' || i % 50", "'acme'", "'user-' || i % 500");
    await pool.query(
      `with m as (insert into mission (id, user_id, search, ${ofMission})
                    select gen_random_uuid(), 'user-' || i % 500, ${document}, ${ofMission}
                    from mission, generate_series(1, 4000) as i where mission.id = $1 returning id),
            t as (insert into task (id, mission_id, ${ofTask})
                    select gen_random_uuid(), m.id, ${ofTask} from m, task where task.mission_id = $1)
       insert into mission_event (id, mission_id, ${ofEvent})
         select gen_random_uuid(), m.id, ${ofEvent} from m, mission_event where mission_event.mission_id = $1`,
      [mission.id],
    );
    await pool.query(
      `insert into blocker select gen_random_uuid(), (select id from mission m where m.id <> b.mission_id limit 1),
              b.customer_id, b.task_id, 'webhook:' || i, b.kind, b.reason, b.until, b.on_signal, b.on_timeout,
              b.opened_at, b.timeout_at, b.accept_after, b.resolved_at, b.resolution
         from blocker b, generate_series(1, 4000) as i where b.mission_id = $1`,
      [mission.id],
    );
    await pool.query(
      `insert into signal
       select 'acme', 'webhook:' || i, 's', '{}', true, now(), now() + interval '30 days'
         from generate_series(1, 4000) as i`,
    );
    await pool.query('analyze');
  });
  after(() => service.stop());

  /** Runs the statements of `read` and returns the large tables that they scan. */
  const scannedTables = async (read: (tx: Tx) => Promise<unknown>): Promise<string[]> => {
    const found: string[] = [];
    const visit = (plan: Plan): void => {
      if (plan['Node Type'] === 'Seq Scan' && LARGE.includes(plan['Relation Name'] ?? ''))
        found.push(plan['Relation Name'] ?? '');
      plan.Plans?.forEach(visit);
    };
    const tx = autocommit(service.db);
    let explained = 0;
    await read({
      ...tx,
      run: async (statement, values) => {
        const [row] = await tx.run<{ 'QUERY PLAN': { Plan: Plan }[] }>(
          { name: '', text: `explain (format json) ${statement.text}` },
          values,
        );
        row?.['QUERY PLAN'].forEach(({ Plan: plan }) => visit(plan));
        explained += 1;
        return tx.run(statement, values);
      },
    });
    expect(explained, 'statements').to.be.greaterThan(0);
    return found;
  };
  const scope = { customer_id: 'acme', user_id: 'user-7' };
  const anyUser = { customer_id: 'acme', user_id: null };
  const now = new Date().toISOString();
  const newSignal = () => ({ id: 'new', data: {}, final: true, received_at: new Date().toISOString() });

  it('a scan is recognized as one', async () => {
    expect(
      await scannedTables((tx) => tx.run({ name: '', text: "select * from mission where title = 'no index'" })),
    ).to.deep.equal(['mission']);
  });

  const frequent: Record<string, (tx: Tx) => Promise<unknown>> = {
    'load a mission': (tx) => lockMission(tx, anyUser, mission.id),
    'find the mission of a run': (tx) => lockLease(tx, scope, { id: mission.id, fence: 1 }),
    'read a mission': (tx) => readMission(tx, anyUser, mission.id, { events: 5 }),
    'read whose mission it is': (tx) => readMission(tx, anyUser, mission.id, { events: 0, tasks: false }),
    'read a bundle': (tx) => readBundleRows(tx, anyUser, mission.id, 20),
    'read a task': (tx) => readTask(tx, 'acme', mission.id, mission.tasks[0]?.id ?? ''),
    'read the history': (tx) => listEvents(tx, anyUser, mission.id, { order: 'desc', limit: 50 }),
    'read the changes since an entry': (tx) => changesSince(tx, 'acme', mission.id, 1, 200),
    'read the recent history of a user': (tx) =>
      listRecentHistory(tx, 'acme', 'user-7', { since: now, now, limit: 100 }),
    'read what is new in missions': (tx) =>
      listNewHistory(
        tx,
        scope.customer_id,
        scope.user_id,
        [
          { id: mission.id, after: 3 },
          { id: mission.id, after: 1, since: now },
        ],
        100,
      ),
    'list the missions that changed': (tx) =>
      listChangedMissions(tx, scope.customer_id, scope.user_id, { since: now, now }),
    'list missions': (tx) => listMissions(tx, scope.customer_id, scope.user_id, { limit: 50 }),
    'list missions by status': (tx) =>
      listMissions(tx, scope.customer_id, scope.user_id, {
        status: ['active', 'waiting'],
        include_tasks: true,
        include_recent_events: 5,
      }),
    'list missions by due date': (tx) => listMissions(tx, scope.customer_id, scope.user_id, { sort: 'due_at' }),
    'list missions that wait for a key': (tx) =>
      listMissions(tx, scope.customer_id, scope.user_id, { blocked_by: 'webhook:7' }),
    'search missions': (tx) => listMissions(tx, scope.customer_id, scope.user_id, { q: 'word7' }),
    'search missions by forms of words': (tx) =>
      listMissions(tx, scope.customer_id, scope.user_id, { q: 'searching missions' }),
    'search missions by parts of text': (tx) => listMissions(tx, scope.customer_id, scope.user_id, { q: '会议室' }),
    'search missions without a word': (tx) => listMissions(tx, scope.customer_id, scope.user_id, { q: '-word7' }),
    'store a signal': (tx) => storeSignal(tx, anyUser, 'webhook:7', newSignal()),
    'store a signal of a user': (tx) => storeSignal(tx, scope, 'webhook:8', newSignal()),
  };
  for (const [name, read] of Object.entries(frequent)) {
    it(`no scan: ${name}`, async () => {
      expect(await scannedTables(read)).to.deep.equal([]);
    });
  }

  it('no scan: find a stored signal', async () => {
    const state = await lockMission(autocommit(service.db), anyUser, mission.id);
    const blocker = state?.blockers[0];
    if (!state || !blocker) throw new Error(`mission ${mission.id} has no blocker, and its plan has a task that waits`);
    expect(await scannedTables((tx) => findStoredSignal(tx, state, blocker, new Date().toISOString()))).to.deep.equal(
      [],
    );
  });
});
