import { expect } from 'chai';
import { byProduct } from '@missions/contracts/audit.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { newId } from '@missions/runtime/id.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { erasedEvent } from '../domain/events.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { endWaits } from '../store/migrations/2026-11-30-ended-missions.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('a wait for another mission', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const create = (tasks: object[] = [], caller: Partial<Caller> = {}) =>
    service.request<MissionDetail>('create', { title: 'A mission', tasks }, { caller });
  const patch = (mission: { id: string }, change: object) =>
    service.request<MissionDetail>('patch', { mission_id: mission.id, patch: change });
  const read = (mission: { id: string }) => service.request<MissionDetail>('get', { mission_id: mission.id });
  const awaiting = (id: string | undefined, more: object = {}) => ({
    title: 'after it',
    wait_for: { kind: 'mission', ...(id && { reference: id }), ...more },
  });
  const add = (mission: { id: string }, task: object) =>
    service.request<MissionDetail['tasks'][number]>('add_task', { mission_id: mission.id, task });
  const freed = (mission: { id: string }, status = 'completed') =>
    waitUntil(async () => (await read(mission)).tasks[0]?.status === status);
  const ended = async (status: string, tasks: object[] = []) => patch(await create(tasks), { status });
  /** A mission whose task has failed, ended as failed. */
  const failed = async () => {
    const mission = await create([{ title: 'hard' }]);
    const task_id = mission.tasks[0]?.id;
    for (const change of [{ status: 'in_progress' }, { status: 'failed' }])
      await service.request('patch_task', { mission_id: mission.id, task_id, patch: change });
    return patch(mission, { status: 'failed' });
  };
  const remove = (mission: { id: string }) =>
    service.db.pool.query("update mission set deleted_at = now(), deletion = '{}' where id = $1", [mission.id]);
  const erase = ({ id }: { id: string }) =>
    transaction(service.db, async (tx) => {
      const at = new Date().toISOString();
      const of = { customer_id: 'acme', mission_id: id };
      await eraseMission(tx, of, at, (deleted) => erasedEvent(deleted, { id: newId(), at }), byProduct);
    });

  for (const status of ['completed', 'failed', 'cancelled'])
    it(`ends at once if that mission is ${status} when the wait opens`, async () => {
      const first = await ended(status);
      const [task] = (await create([awaiting(first.id)])).tasks;
      expect(task?.status).to.equal('completed');
      const { key, data } = (task?.result['signal'] ?? {}) as { key?: string; data?: object };
      expect(key).to.equal(`mission:${first.id}`);
      expect(data).to.deep.equal({ mission_id: first.id, status, outcome: first.outcome });
    });

  it('ends at once though it ended long ago, or before accept_after, and as often as it is asked', async () => {
    const first = await ended('completed');
    await service.db.pool.query('delete from signal');
    const mission = await create([awaiting(first.id), awaiting(first.id, { accept_after: '2099-01-01T00:00:00Z' })]);
    expect(mission.tasks.map(({ status }) => status)).to.deep.equal(['completed', 'completed']);
    expect((await add(mission, awaiting(first.id))).status).to.equal('completed');
  });

  it('ends at once when the task becomes ready after that mission has ended', async () => {
    const first = await create();
    const second = await create([
      { title: 'before', ref: 'before' },
      { ...awaiting(first.id), depends_on: ['before'] },
    ]);
    await patch(first, { status: 'completed' });
    await service.request('patch_task', {
      mission_id: second.id,
      task_id: second.tasks[0]?.id,
      patch: { status: 'completed' },
    });
    expect((await read(second)).tasks[1]?.status).to.equal('completed');
  });

  for (const more of [{}, { accept_after: '2020-01-01T00:00:00Z' }])
    it(`stays open, and ends by the next end, if that mission was retried since: ${JSON.stringify(more)}`, async () => {
      const second = await create();
      const first = await failed();
      await service.request('retry', { mission_id: first.id });
      expect((await add(second, awaiting(first.id, more))).status).to.equal('blocked');
      await patch(first, { status: 'completed' });
      await freed(second);
    });

  it('matches the id in any letter case, on a task, in a patch and on the whole mission', async () => {
    const first = await create();
    const upper = first.id.toUpperCase();
    const planned = await create([awaiting(upper)]);
    const patched = await create([{ title: 'later' }]);
    const whole = await create();
    await service.request('patch_task', {
      mission_id: patched.id,
      task_id: patched.tasks[0]?.id,
      patch: { blocked_by: `mission:${upper}` },
    });
    await patch(whole, { status: 'waiting', blocked_by: `mission:${upper}` });
    expect((await read(whole)).status).to.equal('waiting');
    await patch(first, { status: 'completed' });
    await freed(planned);
    await freed(patched, 'in_progress');
    await waitUntil(async () => (await read(whole)).status === 'active');
    expect((await create([awaiting(upper)])).tasks[0]?.status).to.equal('completed');
  });

  describe('is refused, saying why and where', () => {
    const refused = async (call: Promise<unknown>, path: string, words: RegExp, code = 'VALIDATION_FAILED') => {
      const { code: found, detail, members } = await refusal(call);
      expect({ code: found, path: (members['errors'] as { path: string }[])[0]?.path }).to.deep.equal({ code, path });
      expect(detail).to.match(words);
    };

    it('for the same mission', async () => {
      const mission = await create([{ title: 'one' }]);
      const self = awaiting(mission.id.toUpperCase());
      await refused(add(mission, self), '/wait_for/reference', /its own end/);
      const blocked_by = `mission:${mission.id}`;
      await refused(patch(mission, { status: 'waiting', blocked_by }), '/blocked_by', /its own end/);
      const task = { mission_id: mission.id, task_id: mission.tasks[0]?.id, patch: { blocked_by } };
      await refused(service.request('patch_task', task), '/blocked_by', /its own end/);
    });

    it('for none, for what is no id, and for nothing named', async () => {
      for (const reference of [newId(), 'the-first-one'])
        await refused(create([{ title: 'x' }, awaiting(reference)]), '/tasks/1/wait_for/reference', /no mission/);
      await refused(create([awaiting(undefined)]), '/tasks/0/wait_for/reference', /by its id/);
      const flat = { title: 'x', external_event_type: 'mission' };
      await refused(create([flat]), '/tasks/0/external_event_type', /by its id/);
    });

    it('for none, though the task would wait later', async () => {
      const mission = await create([{ title: 'x' }]);
      const later = { ...awaiting(newId()), depends_on: [mission.tasks[0]?.id] };
      await refused(add(mission, later), '/wait_for/reference', /no mission/);
      expect((await read(mission)).tasks).to.have.length(1);
    });

    it('for one of another user or customer, in the words for none', async () => {
      for (const caller of [{ user_id: 'eve' }, { customer_id: 'other' }]) {
        const { id } = await create([], caller);
        await refused(create([awaiting(id)]), '/tasks/0/wait_for/reference', /no mission/);
      }
    });

    it('for one that waits for it, now or later in its plan, directly or through another', async () => {
      const [first, second, third] = [await create([{ title: 'x' }]), await create(), await create()];
      await add(first, { ...awaiting(second.id), depends_on: [first.tasks[0]?.id] });
      await refused(add(second, awaiting(first.id)), '/wait_for/reference', /waits for this/, 'CIRCULAR_DEPENDENCY');
      await add(second, awaiting(third.id));
      await refused(add(third, awaiting(first.id)), '/wait_for/reference', /waits for this/, 'CIRCULAR_DEPENDENCY');
      await patch(second, { status: 'cancelled' });
      expect((await add(third, awaiting(first.id))).status).to.equal('blocked');
    });

    it('for exactly one of two that begin to wait for each other at the same time', async () => {
      for (let round = 0; round < 20; round += 1) {
        const [first, second] = await Promise.all([create(), create()]);
        const both = await Promise.allSettled([add(first, awaiting(second.id)), add(second, awaiting(first.id))]);
        expect(both.map(({ status }) => status).toSorted(), `round ${round}`).to.deep.equal(['fulfilled', 'rejected']);
      }
    });
  });

  it('ends at once for a deleted mission, which has ended, and waits for it anew once it is restored', async () => {
    const first = await ended('cancelled');
    await remove(first);
    expect((await create([awaiting(first.id)])).tasks[0]?.status).to.equal('completed');
    await service.db.pool.query(`update mission set deletion = '{"phase": "executing", "tasks": {}}' where id = $1`, [
      first.id,
    ]);
    await service.request('restore', { mission_id: first.id }, { caller: { kind: 'user' } });
    expect((await create([awaiting(first.id)])).tasks[0]?.status).to.equal('blocked');
  });

  it('ends when an operator erases the mission, and at once if it was erased before', async () => {
    const first = await create();
    const second = await create([awaiting(first.id)]);
    const third = await create([
      { title: 'x', ref: 'x' },
      { ...awaiting(first.id), depends_on: ['x'] },
    ]);
    await erase(first);
    await freed(second);
    const { rows } = await service.db.pool.query("select key from signal where key like 'mission:' || $1", [first.id]);
    expect(rows).to.deep.equal([]);
    const task = { mission_id: third.id, task_id: third.tasks[0]?.id, patch: { status: 'completed' } };
    await service.request('patch_task', task);
    expect((await read(third)).tasks[1]?.status).to.equal('completed');
    expect((await refusal(create([awaiting(first.id)]))).code).to.equal('VALIDATION_FAILED');
  });

  it('ends with the update, if the version before left it open for a mission that has ended', async () => {
    const first = await create();
    const [second, other] = [await create([awaiting(first.id)]), await create([awaiting((await create()).id)])];
    // As that version wrote the key of a caller's id in upper case, which no end has ever matched.
    await service.db.pool.query('update blocker set key = $1 where mission_id = $2', [
      `mission:${first.id.toUpperCase()}`,
      second.id,
    ]);
    await patch(first, { status: 'completed' });
    expect((await read(second)).tasks[0]?.status).to.equal('blocked');
    for (const sql of endWaits) await service.db.pool.query(sql);
    await freed(second);
    expect((await read(other)).tasks[0]?.status).to.equal('blocked');
  });

  it('ends once, whether it opens before or after that mission ends, raced 100 times', async () => {
    for (let round = 0; round < 100; round += 1) {
      const [first, second] = await Promise.all([create(), create()]);
      const pair = [() => add(second, awaiting(first.id)), () => patch(first, { status: 'completed' })];
      await Promise.all((round % 2 ? pair : pair.toReversed()).map((call) => call()));
      await freed(second);
    }
  });
});
