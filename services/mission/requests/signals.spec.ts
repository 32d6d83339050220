import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('signals', () => {
  let service: MissionUnderTest;
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  before(async () => {
    service = await startMissionUnderTest(clock);
  });
  after(() => service.stop());

  let count = 0;
  const reference = (): string => `r${(count += 1)}`;
  const waiting = (ref: string, more: object = {}) =>
    service.request<MissionDetail>('create', {
      title: 'Waits',
      tasks: [
        { title: 'wait', ref: 'w', wait_for: { kind: 'webhook', reference: ref, ...more } },
        { title: 'then', depends_on: ['w'] },
      ],
    });
  const read = (mission: { id: string }) => service.request<MissionDetail>('get', { mission_id: mission.id });
  const signal = (ref: string, more: object = {}, caller = {}) =>
    service.request<{ duplicate: boolean; waiters: number }>(
      'signal',
      { kind: 'webhook', reference: ref, ...more },
      { caller },
    );
  const timesUnblocked = async (mission: { id: string }) => {
    const { events } = await service.request<{ events: { event_type: string }[] }>('list_events', {
      mission_id: mission.id,
      filter: { limit: 200 },
    });
    return events.filter((event) => event.event_type === 'unblocked').length;
  };

  it('a signal completes the task that only waits, and its dependant becomes ready', async () => {
    const ref = reference();
    const mission = await waiting(ref);
    expect(mission.status).to.equal('waiting');
    expect(mission.tasks.map((task) => task.status)).to.deep.equal(['waiting_external', 'pending']);
    expect(await signal(ref, { id: 's1', data: { slot: 'Tuesday' } })).to.include({ duplicate: false, waiters: 1 });
    const after = await read(mission);
    expect(after.status).to.equal('active');
    expect(after.blockers).to.deep.equal([]);
    expect(after.tasks.map((task) => task.status)).to.deep.equal(['completed', 'ready']);
    expect(after.tasks[0]?.result['signal'])
      .to.include({ key: `webhook:${ref}`, id: 's1' })
      .and.to.have.deep.property('data', { slot: 'Tuesday' });
  });

  it('a signal is stored for 30 days for a wait that opens later', async () => {
    const [soon, late] = [reference(), reference()];
    const mission = await service.request<MissionDetail>('create', { title: 'Early' });
    await signal(soon);
    await signal(late);
    clock.advance(29 * 86_400_000);
    const task = await service.request<{ status: string }>('add_task', {
      mission_id: mission.id,
      task: { title: 'wait', wait_for: { kind: 'webhook', reference: soon } },
    });
    expect(task.status).to.equal('completed');
    clock.advance(2 * 86_400_000);
    const other = await service.request<{ status: string }>('add_task', {
      mission_id: mission.id,
      task: { title: 'wait', wait_for: { kind: 'webhook', reference: late } },
    });
    expect(other.status).to.equal('waiting_external');
  });

  it('a signal from before the creation of the mission counts only with accept_after', async () => {
    const ref = reference();
    await signal(ref);
    const signalled = clock.now().toISOString();
    clock.advance(1000);
    expect((await waiting(ref)).tasks[0]?.status).to.equal('waiting_external');
    expect((await waiting(ref, { accept_after: signalled })).tasks[0]?.status).to.equal('completed');
  });

  it('a signal never frees the same task twice: a retried task waits anew', async () => {
    const ref = reference();
    const mission = await waiting(ref, { on_signal: 'resume' });
    await signal(ref, { id: 'once' });
    const id = mission.tasks[0]?.id;
    await service.request('patch_task', {
      mission_id: mission.id,
      task_id: id,
      patch: { status: 'failed', error: 'no' },
    });
    const retried = await service.request<{ status: string }>('patch_task', {
      mission_id: mission.id,
      task_id: id,
      patch: { status: 'ready' },
    });
    expect(retried.status).to.equal('waiting_external');
    await signal(ref, { id: 'again' });
    expect((await read(mission)).tasks[0]?.status).to.equal('in_progress');
  });

  it('a signal with the id of a stored one changes nothing', async () => {
    const ref = reference();
    const first = await waiting(ref);
    await signal(ref, { id: 'same' });
    expect(await signal(ref, { id: 'same', data: { other: true } })).to.include({ duplicate: true, waiters: 0 });
    expect(await timesUnblocked(first)).to.equal(1);
  });

  it('a signal frees every waiting mission of its customer, and none of another customer', async () => {
    const ref = reference();
    const ours = await Promise.all([1, 2, 3].map(() => waiting(ref)));
    const theirs = await service.request<MissionDetail>(
      'create',
      { title: 'Waits', tasks: [{ title: 'wait', wait_for: { kind: 'webhook', reference: ref } }] },
      { caller: { customer_id: 'other' } },
    );
    expect(await signal(ref)).to.include({ waiters: 3 });
    for (const mission of ours) expect((await read(mission)).status).to.equal('active');
    expect(await service.request('get', { mission_id: theirs.id }, { caller: { customer_id: 'other' } })).to.include({
      status: 'waiting',
    });
  });

  it('a wait until all ends by a final signal only, a wait until any by the first', async () => {
    const ref = reference();
    const [all, any] = [await waiting(ref), await waiting(ref, { until: 'any' })];
    await signal(ref, { final: false });
    expect((await read(any)).status).to.equal('active');
    expect((await read(all)).status).to.equal('waiting');
    await signal(ref);
    expect((await read(all)).status).to.equal('active');
  });

  it('the end of a mission frees the one that waits for it', async () => {
    const first = await service.request<MissionDetail>('create', { title: 'First' });
    const second = await service.request<MissionDetail>('create', {
      title: 'Second',
      tasks: [{ title: 'after the first', wait_for: { kind: 'mission', reference: first.id } }],
    });
    expect(second.tasks[0]?.status).to.equal('blocked');
    await service.request('patch', { mission_id: first.id, patch: { status: 'completed' } });
    const freed = await waitUntil(async () => {
      const now = await read(second);
      return now.status === 'active' ? now : undefined;
    });
    expect(freed?.tasks[0]?.status).to.equal('completed');
  });

  it('the next round executes a delivery that a dead process left behind', async () => {
    const ref = reference();
    const mission = await waiting(ref);
    // A process that dies between its two transactions leaves a delivery, and the wait open.
    await service.db.pool.query(
      `insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
       select id, 'left', customer_id, mission_id,
              '{"id":"left","data":{},"final":true,"received_at":"2026-06-01T12:00:00.000Z"}' from blocker where mission_id = $1`,
      [mission.id],
    );
    await waitUntil(async () => (await read(mission)).status === 'active');
    expect(await timesUnblocked(mission)).to.equal(1);
  });

  it('deliveries that fail do not hold up the others', async () => {
    const [stuck, mission] = [await waiting(reference()), await waiting(reference())];
    await service.db.pool.query(
      `insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
       select b.id, lpad(i::text, 3, '0'), b.customer_id, b.mission_id, 'null'
         from blocker b, generate_series(1, 60) as i where b.mission_id = $1`,
      [stuck.id],
    );
    await service.db.pool.query(
      `insert into delivery (blocker_id, signal_id, customer_id, mission_id, signal)
       select id, 'last', customer_id, mission_id,
              '{"id":"last","data":{},"final":true,"received_at":"2026-06-01T12:00:00.000Z"}' from blocker where mission_id = $1`,
      [mission.id],
    );
    await waitUntil(async () => (await read(mission)).status === 'active');
    await service.db.pool.query('delete from delivery where mission_id = $1', [stuck.id]);
  });

  it('a signal and the wait for it, raced 200 times, resolve the wait exactly once', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Raced' });
    for (let round = 0; round < 200; round += 1) {
      const ref = reference();
      const open = () =>
        service.request<{ id: string }>('add_task', {
          mission_id: mission.id,
          task: { title: ref, wait_for: { kind: 'webhook', reference: ref } },
        });
      // Either may start first; the operating system decides which one arrives first.
      const [task] =
        round % 2
          ? await Promise.all([open(), signal(ref)])
          : await Promise.all([signal(ref), open()]).then(([, opened]) => [opened]);
      const { tasks } = await read(mission);
      expect(tasks.find((it) => it.id === task.id)?.status, `round ${round}`).to.equal('completed');
    }
    const { rows } = await service.db.pool.query(
      `select count(*)::int as entries, count(distinct task_id)::int as tasks from mission_event
        where mission_id = $1 and event_type = 'unblocked'`,
      [mission.id],
    );
    expect(rows[0]).to.deep.equal({ entries: 200, tasks: 200 });
  });
});
