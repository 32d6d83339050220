import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('in one mission, a signal', () => {
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  let service: MissionUnderTest;
  let copy: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest(clock);
    copy = await startMissionUnderTest(clock, 50, {}, service);
  });
  after(async () => {
    await copy.stop();
    await service.stop();
  });

  let count = 0;
  const reference = (): string => `pay-${(count += 1)}`;
  const wait = (of: string, more: object = {}) => ({ kind: 'webhook', reference: of, ...more });
  const create = (tasks: object[] = []) => service.request<MissionDetail>('create', { title: 'Pays', tasks });
  const add = (mission: { id: string }, tasks: object[], at = service) =>
    at.request<{ tasks: MissionDetail['tasks'] }>('add_tasks', { mission_id: mission.id, tasks });
  const signal = (of: string, more: object = {}, at = service) =>
    at.request<{ waiters: number }>('signal', { kind: 'webhook', reference: of, ...more });
  const patchTask = (mission: MissionDetail, task: number, patch: object) =>
    service.request('patch_task', { mission_id: mission.id, task_id: mission.tasks[task]?.id, patch });
  const statuses = async ({ id }: { id: string }) =>
    (await service.request<MissionDetail>('get', { mission_id: id })).tasks.map(({ status }) => status);
  const inARow = (of: string, second: object = {}) => [
    { title: 'pay 1', ref: 'one', wait_for: wait(of) },
    { title: 'pay 2', depends_on: ['one'], wait_for: wait(of, second) },
  ];

  it('ends the first of two waits in a row only, and the next signal the second', async () => {
    const of = reference();
    const mission = await create(inARow(of));
    await signal(of, { id: 'first' });
    expect(await statuses(mission)).to.deep.equal(['completed', 'waiting_external']);
    await signal(of, { id: 'first' });
    expect(await statuses(mission), 'the same signal again').to.deep.equal(['completed', 'waiting_external']);
    await signal(of, { id: 'second' });
    expect(await statuses(mission)).to.deep.equal(['completed', 'completed']);
  });

  it('that came before both ends the first only', async () => {
    const of = reference();
    const mission = await create();
    await signal(of);
    await add(mission, inARow(of));
    expect(await statuses(mission)).to.deep.equal(['completed', 'waiting_external']);
  });

  it('ends no wait that opens in a later decision, of the plan or of the whole mission', async () => {
    const of = reference();
    const mission = await create([{ title: 'pay 1', wait_for: wait(of) }]);
    await signal(of);
    await add(mission, [{ title: 'pay 2', wait_for: wait(of) }]);
    expect(await statuses(mission)).to.deep.equal(['completed', 'waiting_external']);
    const other = reference();
    const whole = await create([{ title: 'pay', wait_for: wait(other) }]);
    await signal(other);
    const patch = { status: 'waiting', blocked_by: `webhook:${other}` };
    expect((await service.request<MissionDetail>('patch', { mission_id: whole.id, patch })).status).to.equal('waiting');
  });

  it('ends all waits that are open when it comes, or that open in the first decision after it', async () => {
    const of = reference();
    const two = [1, 2].map((n) => ({ title: `pay ${n}`, wait_for: wait(of) }));
    const [open, later] = [await create(two), await create()];
    await signal(of);
    expect(await statuses(open)).to.deep.equal(['completed', 'completed']);
    await add(later, [...two, { title: 'after', depends_on: [] }]);
    expect(await statuses(later)).to.deep.equal(['completed', 'completed', 'ready']);
  });

  it('counts for each mission by itself', async () => {
    const of = reference();
    const [first, second] = [await create(inARow(of)), await create()];
    await signal(of);
    await add(second, inARow(of));
    for (const mission of [first, second])
      expect(await statuses(mission)).to.deep.equal(['completed', 'waiting_external']);
  });

  it('two of them that came early end two waits in a row, in the order of their arrival', async () => {
    const of = reference();
    const mission = await create();
    await signal(of, { id: 'b' });
    await signal(of, { id: 'a' });
    const { tasks } = await add(mission, inARow(of));
    const ids = tasks.map(({ result }) => (result['signal'] as { id: string }).id);
    expect(ids).to.deep.equal(['b', 'a']);
  });

  it('is taken again by a wait with accept_after at or before its time, but not by the same task', async () => {
    const of = reference();
    const since = clock.now().toISOString();
    const mission = await create(inARow(of, { accept_after: since, on_signal: 'resume' }));
    await signal(of);
    expect(await statuses(mission)).to.deep.equal(['completed', 'in_progress']);
    await patchTask(mission, 1, { status: 'failed' });
    await patchTask(mission, 1, { status: 'ready' });
    expect(await statuses(mission), 'a retried task waits anew').to.deep.equal(['completed', 'waiting_external']);
  });

  it('from before accept_after ends no wait, be it open or not, and is kept for others', async () => {
    const of = reference();
    const accept_after = new Date(clock.now().getTime() + 60_000).toISOString();
    const mission = await create([{ title: 'pay', wait_for: wait(of, { accept_after }) }]);
    expect((await signal(of)).waiters).to.equal(0);
    expect(await statuses(mission)).to.deep.equal(['waiting_external']);
    await add(mission, [{ title: 'other', wait_for: wait(of) }]);
    expect(await statuses(mission)).to.deep.equal(['waiting_external', 'completed']);
    clock.advance(60_000);
    await signal(of);
    expect(await statuses(mission)).to.deep.equal(['completed', 'completed']);
  });

  it('that is not final does not count as taken by a wait for all', async () => {
    const of = reference();
    const mission = await create([{ title: 'all', wait_for: wait(of) }]);
    await signal(of, { final: false });
    await add(mission, [{ title: 'any', wait_for: wait(of, { until: 'any' }) }]);
    expect(await statuses(mission)).to.deep.equal(['waiting_external', 'completed']);
  });

  it('that is one of several replies ends the first of two waits, and the last reply every later one', async () => {
    const mail = { kind: 'email_reply', reference: reference() };
    const replied = (id: string, final: boolean) => service.request('signal', { ...mail, id, final });
    const mission = await create([
      { title: 'first reply', ref: 'one', wait_for: { ...mail, until: 'any' } },
      { title: 'second reply', depends_on: ['one'], wait_for: { ...mail, until: 'any' } },
    ]);
    await replied('r1', false);
    expect(await statuses(mission)).to.deep.equal(['completed', 'waiting_external']);
    await replied('all', true);
    await add(mission, [{ title: 'later', wait_for: mail }]);
    expect(await statuses(mission)).to.deep.equal(['completed', 'completed', 'completed']);
  });

  it('that came after the mission was created counts, though a clock says that it came before', async () => {
    const of = reference();
    const mission = await create();
    await service.db.pool.query("update mission set created_at = created_at + interval '1 second' where id = $1", [
      mission.id,
    ]);
    await signal(of);
    await add(mission, [{ title: 'pay', wait_for: wait(of) }]);
    expect(await statuses(mission)).to.deep.equal(['completed']);
  });

  it('that comes too late for its wait ends the one that opened while it was on its way', async () => {
    const of = reference();
    const mission = await create([{ title: 'pay 1', wait_for: wait(of) }]);
    // As two senders leave it whose processes died between their two transactions.
    for (const id of ['a', 'b']) {
      const data = { id, data: {}, final: true, received_at: clock.now().toISOString() };
      await service.db.pool.query(
        `with s as (insert into signal (customer_id, key, id, data, final, received_at, expires_at, user_id)
           values ('acme', $1, $2, '{}', true, $3, $3::timestamptz + interval '30 days', 'ada'))
         insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
         select b.id, $2, 'acme', b.mission_id, $4 from blocker b where b.key = $1 and b.mission_id = $5`,
        [`webhook:${of}`, id, data.received_at, JSON.stringify(data), mission.id],
      );
    }
    await add(mission, [{ title: 'pay 2', wait_for: wait(of) }]);
    await waitUntil(async () => (await statuses(mission)).every((status) => status === 'completed'));
  });

  it('completes exactly one of two waits in a row, raced 200 times against their opening', async () => {
    const mission = await create();
    for (let round = 0; round < 200; round += 1) {
      const of = reference();
      const pair = [() => add(mission, inARow(of), service), () => signal(of, {}, copy)];
      await Promise.all((round % 2 ? pair : pair.toReversed()).map((call) => call()));
      expect((await statuses(mission)).slice(-2), `round ${round}`).to.deep.equal(['completed', 'waiting_external']);
    }
  });
});
