import { expect } from 'chai';
import { isToBeErased, lifeDeadline } from './lifecycle.ts';
import type { Mission } from './state.ts';
import { given } from './testing/fixtures.ts';
import { aMission, agent, BEFORE, hoursFromNow, NOW, system, user } from './testing/sample.ts';

const after = (time: string, hours: number): string =>
  new Date(new Date(time).getTime() + hours * 3_600_000).toISOString();
const age = (deadline: string) => ({ type: 'Age', deadline }) as const;
const due = (mission: Mission) => age(lifeDeadline(mission) ?? '');
const stale = (more: object = {}) => aMission({ stale_notified_at: BEFORE, grace_period_ends_at: NOW, ...more });

describe('the lifetime deadline', () => {
  it('is the lifetime after the last engagement, or after creation', () => {
    expect(lifeDeadline(aMission())).to.equal(after(BEFORE, 168));
    expect(lifeDeadline(aMission({ last_user_engagement_at: NOW, max_lifetime_hours: 5 }))).to.equal(hoursFromNow(5));
  });

  it('is not before the latest deadline of an open blocker', () => {
    const mission = aMission({ tasks: { slot: { status: 'waiting_human', waits: ['human_input:r1'] } } });
    const blockers = mission.blockers.map((blocker) => ({ ...blocker, timeout_at: after(BEFORE, 14 * 24) }));
    expect(lifeDeadline({ ...mission, blockers })).to.equal(after(BEFORE, 14 * 24));
  });

  it('does not exist for an ended mission, unless it was deleted', () => {
    expect(lifeDeadline(aMission({ phase: 'completed' }))).to.equal(null);
    expect(lifeDeadline(aMission({ cancelled: true }))).to.equal(null);
    expect(lifeDeadline(aMission({ cancelled: true, deleted_at: NOW }))).to.equal(hoursFromNow(30 * 24));
  });
});

describe('a mission that nobody ends', () => {
  it('becomes stale first, and ends 72 h later at the earliest, for only the inbox tells its user', () => {
    const moved = given(aMission()).when(due(aMission()), system).thenMoved();
    expect(moved.changeKinds).to.deep.equal(['stale']);
    expect(moved.next).to.include({ stale_notified_at: NOW, grace_period_ends_at: hoursFromNow(72) });
    expect(moved.changes[0]?.metadata).to.deep.equal({ grace_period_ends_at: hoursFromNow(72), told_by: 'inbox' });
    expect(lifeDeadline(moved.next)).to.equal(hoursFromNow(72));
  });

  it('does not become stale at a deadline that has moved', () => {
    given(aMission({ last_user_engagement_at: NOW }))
      .when(age(after(BEFORE, 168)), system)
      .thenIgnored();
  });

  it('gets a new lifetime with any engagement of its user', () => {
    for (const [command, actor] of [
      [{ type: 'LogEvent', event: { event_type: 'user_message', content: 'still here' } }, agent],
      [{ type: 'PatchMission', patch: { status: 'paused' } }, user],
      [{ type: 'PatchMission', patch: { blocked_by: '' } }, user],
      [{ type: 'Resume' }, { ...agent, by_key: true }],
      [
        { type: 'RequestInput', request_id: 'r1', request: { prompt: 'Which day?' } },
        { ...agent, by_key: true },
      ],
    ] as const) {
      const { next } = given(stale()).when(command, actor).thenMoved();
      expect(next).to.include({ stale_notified_at: null, grace_period_ends_at: null, last_user_engagement_at: NOW });
    }
  });

  it('stays stale when agents act outside of a conversation, or in a run', () => {
    const log = { type: 'LogEvent', event: { event_type: 'note', content: 'working' } } as const;
    const run = { id: 'run-1', fence: 3 };
    const held = { fence: 3, run_id: run.id, run_fence: 3 };
    for (const [actor, more] of [
      [{ ...agent, conversation_id: '' }, {}],
      [{ ...agent, run }, held],
    ] as const)
      expect(given(stale(more)).when(log, actor).thenMoved().next.grace_period_ends_at).to.equal(NOW);
  });

  it('keeps asking for its user’s attention when only an agent is talked to', () => {
    const { next } = given(aMission({ unanswered_at: BEFORE }))
      .when({ type: 'Resume' }, agent)
      .thenMoved();
    expect(next).to.include({ unanswered_at: BEFORE, last_user_engagement_at: NOW });
  });

  it('is cancelled and deleted after the grace period', () => {
    const moved = given(
      stale({
        tasks: { done: 'completed', doing: 'in_progress', later: { status: 'pending', depends_on: ['doing'] } },
      }),
    )
      .when(age(NOW), system)
      .thenMoved();
    expect(moved.changeKinds).to.deep.equal(['task_updated', 'task_updated', 'cancelled', 'deleted']);
    expect(moved.next).to.include({ cancelled: true, deleted_at: NOW, outcome: 'cancelled' });
    expect(isToBeErased(moved.next, hoursFromNow(30 * 24))).to.equal(true);
    expect(isToBeErased(moved.next, NOW)).to.equal(false);
  });

  it('is restored to paused, and reopens exactly what the deletion closed', () => {
    const before = stale({
      tasks: {
        skipped: 'skipped',
        done: 'completed',
        doing: 'in_progress',
        waiting: { status: 'waiting_external', waits: ['webhook:w'] },
        later: { status: 'pending', depends_on: ['doing'] },
      },
    });
    const { next: deleted } = given(before).when(age(NOW), system).thenMoved();
    const moved = given(deleted).when({ type: 'Restore' }, user).thenMoved();
    expect(moved.next.tasks.map((task) => [task.title, task.status])).to.deep.equal([
      ['skipped', 'skipped'],
      ['done', 'completed'],
      ['doing', 'ready'],
      ['waiting', 'ready'],
      ['later', 'pending'],
    ]);
    expect(moved.next).to.include({
      cancelled: false,
      paused_by: 'user',
      phase: 'executing',
      deleted_at: null,
      outcome: null,
      last_user_engagement_at: NOW,
    });
    expect(moved.changeKinds).to.include('restored');
  });

  it('is kept by its user as by any other engagement, and its lifetime starts anew', () => {
    for (const stale of [{}, { stale_notified_at: NOW, grace_period_ends_at: NOW }]) {
      const { next } = given(aMission(stale)).when({ type: 'Keep' }, user).thenMoved();
      expect(next).to.include({
        stale_notified_at: null,
        grace_period_ends_at: null,
        last_user_engagement_at: NOW,
        paused_by: null,
      });
    }
    given(aMission({ cancelled: true }))
      .when({ type: 'Keep' }, user)
      .thenRefused('MISSION_CLOSED');
  });

  it('cannot be restored unless it was deleted', () => {
    given(aMission()).when({ type: 'Restore' }, user).thenRefused('INVALID_TRANSITION');
    given(aMission({ cancelled: true }))
      .when({ type: 'Restore' }, user)
      .thenRefused('INVALID_TRANSITION');
  });
});
