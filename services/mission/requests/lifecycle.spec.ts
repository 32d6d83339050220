import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import type { Problem } from '@missions/contracts/errors.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { changeQuotas } from '../store/quotas.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

const DAY = 86_400_000;

describe('the life cycle of a mission', () => {
  let service: MissionUnderTest;
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  before(async () => {
    service = await startMissionUnderTest(clock);
  });
  after(() => service.stop());

  const deadlineOf = async (id: string): Promise<string | null> => {
    const { rows } = await service.db.pool.query(
      `select data -> 'mission' ->> 'life_deadline_at' as at from outbox
        where mission_id = $1 and type like 'mission.%' order by position desc limit 1`,
      [id],
    );
    return rows[0]?.at ?? null;
  };
  const timerFired = (mission_id: string, fire_at: string): EventEnvelope => {
    const about = { customer_id: 'acme', user_id: 'ada', mission_id };
    const data = {
      ...about,
      owner: 'mission',
      key: `life:${mission_id}`,
      revision: 1,
      fire_at,
      fired_at: clock.now().toISOString(),
      payload: { life: true },
    };
    return {
      id: newId(),
      type: 'timer.mission',
      source: '/services/scheduler',
      time: clock.now().toISOString(),
      ...about,
      version: 1,
      index: 0,
      data,
    };
  };
  /** Moves the clock to the mission's next deadline, and delivers its timer. */
  const reachDeadline = async (id: string): Promise<string> => {
    const deadline = (await deadlineOf(id)) ?? '';
    clock.set(new Date(deadline));
    await service.handle(timerFired(id, deadline));
    return deadline;
  };
  const codeOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'found',
      (error: unknown) => (error as Problem).code,
    );

  it('an untouched mission goes stale, is deleted and is erased; only its id stays', async () => {
    const mission = await service.request<MissionDetail>('create', {
      title: 'Forgotten',
      tasks: [{ title: 'wait', wait_for: { kind: 'webhook', reference: 'never' } }],
    });
    const began = clock.now().getTime();
    expect(Date.parse(await reachDeadline(mission.id)) - began).to.equal(168 * 3_600_000);
    expect(await service.request('get', { mission_id: mission.id })).to.include({
      needs_attention: true,
      status: 'waiting',
    });
    expect(Date.parse(await reachDeadline(mission.id)) - began).to.equal(240 * 3_600_000);
    expect(await codeOf(service.request('get', { mission_id: mission.id }))).to.equal('MISSION_NOT_FOUND');
    expect(await codeOf(service.request('patch', { mission_id: mission.id, patch: { title: 'Mine' } }))).to.equal(
      'MISSION_NOT_FOUND',
    );
    expect(Date.parse(await reachDeadline(mission.id)) - began).to.equal(240 * 3_600_000 + 30 * DAY);

    const counts = await service.db.pool.query(
      `select (select count(*) from mission where id = $1)::int as missions,
              (select count(*) from task where mission_id = $1)::int as tasks,
              (select count(*) from mission_event where mission_id = $1)::int as events,
              (select count(*) from blocker where mission_id = $1)::int as blockers,
              (select count(*) from erased_mission where id = $1)::int as tombstones,
              (select count(*) from outbox where mission_id = $1::text and type = 'mission.erased')::int as announced`,
      [mission.id],
    );
    expect(counts.rows[0]).to.deep.equal({
      missions: 0,
      tasks: 0,
      events: 0,
      blockers: 0,
      tombstones: 1,
      announced: 1,
    });
  });

  it('only its user restores a deleted mission, within 30 days', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Missed', tasks: [{ title: 'do it' }] });
    await reachDeadline(mission.id);
    await reachDeadline(mission.id);
    clock.advance(29 * DAY);
    expect(await codeOf(service.request('restore', { mission_id: mission.id }))).to.equal('FORBIDDEN');
    expect(
      await codeOf(
        service.request('restore', { mission_id: mission.id }, { caller: { kind: 'user', user_id: 'bob' } }),
      ),
    ).to.equal('MISSION_NOT_FOUND');
    const restored = await service.request<MissionDetail>(
      'restore',
      { mission_id: mission.id },
      { caller: { kind: 'user' } },
    );
    expect(restored).to.include({ status: 'paused', paused_by: 'user', outcome: null });
    expect(restored.tasks.map((task) => task.status)).to.deep.equal(['ready']);
    expect(await deadlineOf(mission.id)).to.equal(new Date(clock.now().getTime() + 168 * 3_600_000).toISOString());
  });

  it('the record of deeds has the product’s own: ended for staleness, erased, and paused after failed runs', async () => {
    const entries = async (id: string) =>
      (
        await service.db.pool.query(
          `select actor, action, target_id, channel, result, user_id from audit_entries
            where mission_id = $1 order by at, id`,
          [id],
        )
      ).rows;
    const byProduct = { actor: 'product', channel: 'product', result: 'done', user_id: null };
    const left = await service.request<MissionDetail>('create', { title: 'Left' });
    await reachDeadline(left.id);
    expect(await entries(left.id)).to.deep.equal([]);
    await reachDeadline(left.id);
    await reachDeadline(left.id);
    expect(await entries(left.id)).to.deep.equal([
      { ...byProduct, action: 'mission.cancelled', target_id: left.id },
      { ...byProduct, action: 'mission.erased', target_id: left.id },
    ]);

    const failing = await service.request<MissionDetail>('create', { title: 'Fails', can_run_autonomously: true });
    const run_id = newId();
    const grant = { run_id, agent_id: null, attempt: 5, reason: 'created' };
    const { fence } = await service.request<{ fence: number }>('grant_run', { mission_id: failing.id, ...grant });
    const settlement = { mission_id: failing.id, run_id, fence, status: 'failed', error: 'No.', pause: true };
    await service.request('settle_run', settlement);
    expect((await entries(failing.id)).slice(1)).to.deep.equal([
      { ...byProduct, action: 'mission.paused', target_id: failing.id },
    ]);
  });

  it('a late timer does not count an engagement away: the deadline follows the last one', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Alive' });
    const first = (await deadlineOf(mission.id)) ?? '';
    clock.advance(167 * 3_600_000);
    await service.request('log_event', {
      mission_id: mission.id,
      event: { event_type: 'user_message', content: 'still wanted' },
    });
    clock.advance(2 * 3_600_000);
    await service.handle(timerFired(mission.id, first));
    expect(await service.request('get', { mission_id: mission.id })).to.include({ stale_notified_at: null });
  });

  it('a message that an agent’s key reports is no engagement outside of a conversation', async () => {
    const caller = { kind: 'agent', agent_id: 'gardener' } as const;
    const { id: mission_id } = await service.request<MissionDetail>('create', { title: 'Reported' });
    const log = (fields: object) =>
      service.request<{ title: string }>(
        'log_event',
        { mission_id, event: { event_type: 'user_message', content: 'go on', ...fields } },
        { caller },
      );
    const engagedAt = async () => (await service.request<MissionDetail>('get', { mission_id })).last_user_engagement_at;
    expect((await log({})).title).to.equal('agent gardener says the user wrote');
    expect(await engagedAt()).to.equal(null);
    await log({ conversation_id: 'chat-1' });
    expect(await engagedAt()).to.equal(clock.now().toISOString());
  });

  it('a deadline that is delivered twice takes one step', async () => {
    const mission = await service.request<MissionDetail>('create', { title: 'Delivered twice' });
    const deadline = (await deadlineOf(mission.id)) ?? '';
    clock.set(new Date(deadline));
    const event = timerFired(mission.id, deadline);
    await service.handle(event, event);
    await service.handle(event, timerFired(mission.id, deadline));
    const { events } = await service.request<{ events: { event_type: string }[] }>('list_events', {
      mission_id: mission.id,
      filter: {},
    });
    expect(events.filter((it) => it.event_type === 'stale')).to.have.length(1);
  });

  describe('hears a forged firing with the id of a true one', () => {
    /** The mission's next deadline, a forged firing that names another time or thing, and the true one of that id. */
    const forged = async (id: string, what: object): Promise<[string, EventEnvelope, EventEnvelope]> => {
      const deadline = (await deadlineOf(id)) ?? '';
      const firing = timerFired(id, deadline);
      return [deadline, { ...firing, data: { ...firing.data, ...what } }, firing];
    };
    const isStale = async (id: string) =>
      (await service.request<MissionDetail>('get', { mission_id: id })).stale_notified_at !== null;

    for (const [what, data] of [
      ['of an earlier time', { fire_at: '2026-05-01T00:00:00.000Z' }],
      ['of something else', { payload: { blocker_id: newId() } }],
    ] as const)
      it(`${what}, and takes its step when the true one comes`, async () => {
        const { id } = await service.request<MissionDetail>('create', { title: 'Forged' });
        const [deadline, event, firing] = await forged(id, data);
        await service.handle(event);
        expect(await isStale(id)).to.equal(false);
        clock.set(new Date(deadline));
        await service.handle(firing);
        expect(await isStale(id)).to.equal(true);
      });

    it('of an earlier time shortly before its deadline, gives it back, and takes its step by it', async () => {
      const { id } = await service.request<MissionDetail>('create', { title: 'Forged in time' });
      const [deadline, event] = await forged(id, { fire_at: '2026-05-01T00:00:00.000Z' });
      clock.set(new Date(Date.parse(deadline) - 60_000));
      expect(await service.handle(event).catch((error: Error) => error.message)).to.contain('came early');
      clock.set(new Date(deadline));
      await service.handle(event);
      expect(await isStale(id)).to.equal(true);
    });

    it('of an earlier time for a wait, gives it back, and ends the wait by it at the deadline', async () => {
      const { id } = await service.request<MissionDetail>('create', {
        title: 'Waits',
        tasks: [{ title: 'wait', wait_for: { kind: 'webhook', reference: newId(), timeout_hours: 1 } }],
      });
      const found = await service.db.pool.query('select id from blocker where mission_id = $1', [id]);
      const blocker_id: string = found.rows[0].id;
      const [, event] = await forged(id, { fire_at: '2026-05-01T00:00:00.000Z', payload: { blocker_id } });
      expect(await service.handle(event).catch((error: Error) => error.message)).to.contain('came early');
      clock.advance(3_600_000);
      await service.handle(event);
      const { tasks } = await service.request<MissionDetail>('get', { mission_id: id });
      expect(tasks[0]).to.include({ status: 'failed', error: 'timeout' });
    });
  });

  it('a mission counts for the quota of missions until it is deleted or once restored, for that of storage until it is erased', async () => {
    const { id } = await service.request<MissionDetail>('create', { title: 'Counted' });
    await transaction(service.db, (tx) => changeQuotas(tx, 'acme', { missions: 1_000, storage: 1_000_000 }));
    const used = async () => {
      const { rows } = await service.db.pool.query(
        `select missions_used as missions, storage_used::int as bytes,
                (select bytes::int from mission where id = $1) as own from customer_quota`,
        [id],
      );
      return rows[0];
    };
    const before = await used();
    await reachDeadline(id);
    await reachDeadline(id);
    expect((await used()).missions).to.equal(before.missions - 1);
    await service.request('restore', { mission_id: id }, { caller: { kind: 'user' } });
    expect((await used()).missions).to.equal(before.missions);
    await reachDeadline(id);
    await reachDeadline(id);
    const deleted = await used();
    expect(deleted.bytes - deleted.own).to.equal(before.bytes - before.own);
    await reachDeadline(id);
    expect(await used()).to.include({ missions: before.missions - 1, bytes: before.bytes - before.own });
  });
});
