import { expect } from 'chai';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { timerKey } from '@missions/contracts/scheduler/timer-payloads.ts';
import { timerSubject } from '@missions/contracts/scheduler/timers.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

const NOON = '2026-06-01T12:00:00.000Z';
const EVENING = '2026-06-01T18:00:00.000Z';

describe('a wait for a time', () => {
  let service: MissionUnderTest;
  let clock: VirtualClock;
  beforeEach(async () => {
    clock = new VirtualClock(new Date(NOON));
    service = await startMissionUnderTest(clock);
  });
  afterEach(() => service.stop());

  const create = (wait_for: object, more: object[] = []) =>
    service.request<MissionDetail>('create', {
      title: 'Call back',
      tasks: [{ title: 'Wait', ref: 'w', wait_for }, { title: 'Call', depends_on: ['w'] }, ...more],
    });
  const read = ({ id }: { id: string }) =>
    service.request<MissionDetail>('get', { mission_id: id, include_events: 20 });
  const statuses = ({ tasks }: MissionDetail) => tasks.map(({ status }) => status);
  const brief = async ({ id }: { id: string }) =>
    (await service.request<{ brief: string }>('resume', { mission_id: id, conversation_id: 'c' })).brief;
  /** As the scheduler publishes it when the wait's time has come. */
  const fire = async ({ id: mission_id, customer_id, user_id }: MissionDetail, at: string) => {
    const { rows } = await service.db.pool.query('select id from blocker where mission_id = $1 and timeout_at = $2', [
      mission_id,
      at,
    ]);
    const about = { customer_id, user_id, mission_id };
    for (const { id } of rows as { id: string }[])
      await service.handle({
        id: newId(),
        type: timerSubject('mission'),
        source: '/services/scheduler',
        time: at,
        version: 1,
        index: 0,
        ...about,
        data: {
          ...about,
          owner: 'mission',
          key: timerKey.blocker(id),
          revision: 1,
          fire_at: at,
          fired_at: at,
          payload: { blocker_id: id },
        },
      });
  };

  it('shows its time in the blocker and in the brief, and goes on by itself when the time comes', async () => {
    const mission = await create({ kind: 'time', until: '2026-06-01T20:00:00+02:00', reason: 'he is at work' });
    expect(statuses(mission)).to.deep.equal(['waiting_external', 'pending']);
    expect(mission.blockers[0]).to.include({ key: `time:${EVENING}`, kind: 'time', until_at: EVENING });
    expect(await brief(mission))
      .to.include(EVENING)
      .and.to.include('he is at work');
    clock.advance(6 * 3_600_000);
    await fire(mission, EVENING);
    const after = await read(mission);
    expect(statuses(after)).to.deep.equal(['completed', 'ready']);
    expect(after.tasks[0]).to.include({ error: '' });
    expect(after.tasks[0]?.result['ended_by']).to.include({ key: `time:${EVENING}`, kind: 'time', by: 'time' });
    expect(after.status).to.equal('active');
  });

  it('ends in the call that opens it if its time is past', async () => {
    const mission = await create({ kind: 'time', until: NOON });
    expect(statuses(mission)).to.deep.equal(['completed', 'ready']);
    const task_id = mission.tasks[1]?.id;
    const patch = { blocked_by: 'time:2020-01-01T00:00:00Z' };
    const task = await service.request<{ status: string }>('patch_task', { mission_id: mission.id, task_id, patch });
    expect(task.status).to.equal('in_progress');
  });

  it('is opened by blocked_by, of a task and of the whole mission, and ended by hand', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Later', tasks: [{ title: 'one' }] });
    const patch_task = (patch: object) =>
      service.request('patch_task', { mission_id: mission.id, task_id: mission.tasks[0]?.id, patch });
    const patch_mission = (patch: object) => service.request('patch', { mission_id: mission.id, patch });
    await patch_task({ blocked_by: `time:${EVENING}` });
    await patch_mission({ status: 'waiting', blocked_by: `time:${EVENING}` });
    expect((await read(mission)).blockers.map(({ key }) => key)).to.deep.equal([`time:${EVENING}`, `time:${EVENING}`]);
    await patch_task({ blocked_by: '' });
    await patch_mission({ blocked_by: '' });
    expect(await read(mission))
      .to.include({ status: 'active' })
      .and.to.have.deep.property('blockers', []);
    await patch_task({ blocked_by: 'time: when I have slept' });
    expect((await read(mission)).blockers[0]).to.include({ kind: 'manual' });
  });

  for (const [wait_for, path] of [
    [{ kind: 'time' }, 'until'],
    [{ kind: 'time', until: 'any' }, 'until'],
    [{ kind: 'time', until: '2026-02-30T00:00:00Z' }, 'until'],
    [{ kind: 'time', until: EVENING, timeout_hours: 3 }, 'timeout_hours'],
    [{ kind: 'webhook', until: EVENING }, 'until'],
    [{ reason: 'of no kind' }, 'kind'],
    [{ kind: 'webhook', waits: [{ kind: 'webhook' }] }, 'waits'],
    [{ until: EVENING, waits: [{ kind: 'webhook' }] }, 'until'],
    [{ until: 'any', waits: [{ kind: 'time', until: 'tomorrow' }] }, 'waits/0/until'],
    [{ until: 'any', waits: [{ kind: 'mission' }] }, 'waits/0/reference'],
  ] as const)
    it(`is refused, and says where: ${JSON.stringify(wait_for)}`, async () => {
      const { code, members } = await refusal(create(wait_for));
      expect(code).to.equal('VALIDATION_FAILED');
      expect(members['errors']).to.have.nested.property('[0].path', `/tasks/0/wait_for/${path}`);
    });

  it('is no signal that callers send', async () => {
    const signal = { kind: 'time', reference: EVENING };
    expect((await refusal(service.request('signal', signal))).code).to.equal('VALIDATION_FAILED');
  });

  describe('and for the first of several things', () => {
    const first = (more: object = {}) => ({
      until: 'any',
      waits: [
        { kind: 'webhook', reference: 'paid' },
        { kind: 'calendar_response', reference: 'invited' },
        { kind: 'time', until: EVENING },
      ],
      ...more,
    });
    const ended = ({ tasks }: MissionDetail) => tasks[0]?.result['ended_by'];

    it('ends by a signal, closes the others, and says which it was', async () => {
      const mission = await create(first());
      expect(mission.blockers.map(({ kind, until_at }) => [kind, until_at])).to.have.deep.members([
        ['webhook', null],
        ['calendar_response', null],
        ['time', EVENING],
      ]);
      await service.request('signal', {
        kind: 'calendar_response',
        reference: 'invited',
        id: 's',
        data: { yes: true },
      });
      const after = await read(mission);
      expect(statuses(after)).to.deep.equal(['completed', 'ready']);
      expect(after.blockers).to.deep.equal([]);
      expect(ended(after)).to.include({ key: 'calendar_response:invited', kind: 'calendar_response', by: 'signal' });
      expect(after.tasks[0]?.result['signal']).to.deep.include({
        key: 'calendar_response:invited',
        data: { yes: true },
      });
      const closed = after.recent_events.filter(({ metadata }) => 'resolution' in metadata);
      expect(closed.map(({ metadata }) => [metadata['key'], metadata['resolution']])).to.deep.include.members([
        [`time:${EVENING}`, { by: 'cancelled', ended_by: 'calendar_response:invited' }],
        ['webhook:paid', { by: 'cancelled', ended_by: 'calendar_response:invited' }],
      ]);
    });

    it('ends by the time, after which a signal changes nothing', async () => {
      const mission = await create(first({ on_signal: 'resume' }));
      clock.advance(6 * 3_600_000);
      await fire(mission, EVENING);
      const after = await read(mission);
      expect(statuses(after)).to.deep.equal(['in_progress', 'pending']);
      expect(ended(after)).to.include({ by: 'time' });
      await service.request('signal', { kind: 'webhook', reference: 'paid' });
      expect((await read(mission)).version).to.equal(after.version);
    });

    it('ends once by a signal that came before it, though its time is past', async () => {
      await service.request('signal', { kind: 'webhook', reference: 'early', id: 's1' });
      const accept_after = '2026-05-01T00:00:00Z';
      const waits = [
        { kind: 'time', until: NOON },
        { kind: 'webhook', reference: 'early', accept_after },
      ];
      const mission = await create({ until: 'any', waits });
      expect(statuses(mission)).to.deep.equal(['completed', 'ready']);
      expect(ended(mission)).to.include({ key: 'webhook:early', by: 'signal' });
    });

    it('goes on waiting when one of them times out, and fails with the last', async () => {
      const at = (hours: number) => new Date(Date.parse(NOON) + hours * 3_600_000).toISOString();
      const waits = [1, 2].map((hours) => ({ kind: 'webhook', reference: `r${hours}`, timeout_hours: hours }));
      const mission = await create({ until: 'any', waits });
      clock.advance(2 * 3_600_000);
      await fire(mission, at(1));
      expect(statuses(await read(mission))).to.deep.equal(['waiting_external', 'pending']);
      await fire(mission, at(2));
      const after = await read(mission);
      expect(statuses(after)).to.deep.equal(['failed', 'pending']);
      expect(after.tasks[0]).to.include({ error: 'timeout' });
    });

    it('is ended as a whole by hand and by "received", once', async () => {
      const mission = await create(first(), [{ title: 'Another', wait_for: first() }]);
      const [one, , other] = mission.tasks;
      await service.request('patch_task', { mission_id: mission.id, task_id: one?.id, patch: { blocked_by: '' } });
      await service.request('received', { mission_id: mission.id, task_id: other?.id }, { caller: { kind: 'user' } });
      const after = await read(mission);
      expect(statuses(after)).to.deep.equal(['in_progress', 'pending', 'completed']);
      expect(after.blockers).to.deep.equal([]);
      expect(after.recent_events.filter(({ event_type }) => event_type === 'unblocked')).to.have.length(6);
    });

    it('waits for each of them with until: all', async () => {
      const mission = await create({ waits: first().waits });
      await service.request('signal', { kind: 'webhook', reference: 'paid' });
      await service.request('signal', { kind: 'calendar_response', reference: 'invited' });
      expect(statuses(await read(mission))).to.deep.equal(['waiting_external', 'pending']);
      clock.advance(6 * 3_600_000);
      await fire(mission, EVENING);
      expect(statuses(await read(mission))).to.deep.equal(['completed', 'ready']);
    });
  });
});
