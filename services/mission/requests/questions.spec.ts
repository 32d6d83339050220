import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { MAX_PENDING_OF_USER } from '../commands/limit-questions.ts';
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
