import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { MAX_PENDING_OF_USER } from '../commands/limit-questions.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('questions to one user', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const mission = (user_id: string) =>
    service.request<MissionDetail>('create', { title: 'Ask' }, { caller: { user_id } });
  const ask = ({ id: mission_id, user_id }: MissionDetail) =>
    service.request('ask', { mission_id, question: { prompt: 'Which day?' } }, { caller: { user_id } });
  const codeOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'asked',
      (error: unknown) => (error as Problem).code,
    );
  /** Questions of the mission that wait already. */
  const pending = async ({ id }: MissionDetail, count: number): Promise<void> => {
    await service.db.pool.query(
      `insert into blocker (id, mission_id, customer_id, key, kind, reason, until, on_signal, on_timeout, opened_at)
       select gen_random_uuid(), $1, 'acme', 'human_input:' || i, 'human_input', '', 'all', 'resume', 'fail', now()
         from generate_series(1, $2) i`,
      [id, count],
    );
    await service.db.pool.query('update mission set needs_attention = true where id = $1', [id]);
  };

  it('have a limit over all of their missions, which two askers at once do not pass', async () => {
    await pending(await mission('bob'), MAX_PENDING_OF_USER - 1);
    const [one, other, ofAda] = [await mission('bob'), await mission('bob'), await mission('ada')];
    const codes = await Promise.all([one, other].map((of) => codeOf(ask(of))));
    expect(codes.toSorted()).to.deep.equal(['RATE_LIMITED', 'asked']);
    expect(await codeOf(ask(ofAda))).to.equal('asked');
  });

  /** As an asker does who has not committed yet. */
  const askedMeanwhile = async (
    user: string,
    then: (commit: () => Promise<unknown>) => Promise<void>,
  ): Promise<void> => {
    const other = await service.db.pool.connect();
    try {
      await other.query('begin');
      await other.query("select pg_advisory_xact_lock_shared(hashtextextended('acme' || chr(31) || $1, 20261128))", [
        user,
      ]);
      await then(() => other.query('commit'));
    } finally {
      other.release(true);
    }
  };

  it('are asked side by side while there are few', async () => {
    await pending(await mission('dora'), 10);
    const asking = await mission('dora');
    await askedMeanwhile('dora', async () => {
      expect(await codeOf(ask(asking))).to.equal('asked');
    });
  });

  it('are asked one after another when there are many', async () => {
    await pending(await mission('emil'), MAX_PENDING_OF_USER / 2);
    const asking = await mission('emil');
    await askedMeanwhile('emil', async (commit) => {
      const asked = codeOf(ask(asking));
      const waiting = "select from pg_stat_activity where wait_event = 'advisory' and datname = current_database()";
      await waitUntil(async () => (await service.db.pool.query(waiting)).rowCount === 1, {
        withinMs: 20_000,
        what: 'an asker that waits',
      });
      await commit();
      expect(await asked).to.equal('asked');
    });
  });

  it('are counted without reading those of other users', async () => {
    await pending(await mission('fred'), 2_000);
    for (let i = 0; i < 40; i++) await pending(await mission('gina'), 1);
    const entries = async (index: string): Promise<number> =>
      (
        await service.db.pool.query(
          'select idx_tup_read::int as read from pg_stat_user_indexes where indexrelname = $1',
          [index],
        )
      ).rows[0].read;
    const [byMission, ofCustomer] = [await entries('blocker_of_mission'), await entries('blocker_open')];
    expect(await codeOf(ask(await mission('gina')))).to.equal('asked');
    // The statistics come a moment later, those of both indexes at once.
    await waitUntil(async () => (await entries('blocker_of_mission')) >= byMission + 40, { withinMs: 20_000 });
    expect((await entries('blocker_open')) - ofCustomer).to.be.below(100);
  });

  it('have the same limit where an agent’s key creates a mission that asks by itself', async () => {
    await pending(await mission('carl'), MAX_PENDING_OF_USER);
    const create = (can_run_autonomously: boolean) =>
      codeOf(
        service.request(
          'create',
          { title: 'Alone', can_run_autonomously },
          { caller: { kind: 'agent', agent_id: 'gardener', user_id: 'carl' } },
        ),
      );
    expect(await create(true)).to.equal('RATE_LIMITED');
    expect(await create(false)).to.equal('asked');
  });
});
