import { expect } from 'chai';
import type { Response } from '@missions/contracts/approval/input-request.ts';
import { openBlockers } from './state.ts';
import { given } from './testing/fixtures.ts';
import { aMission, NOW, system, user } from './testing/sample.ts';

const yes: Response = { selected_option: 'yes', freeform_text: null, responded_by: 'ada', via: 'api' };
const answer = (request_id = 'r1', response = yes) => ({ type: 'ReceiveResponse', request_id, response }) as const;
const asked = (more: object = {}) =>
  aMission({ tasks: { slot: { status: 'waiting_human', waits: ['human_input:r1'], ...more } } });

describe('a response', () => {
  it('returns the task to work with the response, and the mission to its phase', () => {
    const moved = given(asked()).when(answer(), user).thenMoved();
    expect(moved.path('slot')).to.deep.equal(['waiting_human', 'in_progress']);
    expect(moved.task('slot').result).to.deep.equal({ response: yes, responses: { r1: yes } });
    expect(moved.next).to.include({ phase: 'executing', last_user_engagement_at: NOW });
    expect(moved.changeKinds).to.deep.equal(['input_responded', 'task_updated']);
  });

  it('is added to the earlier responses', () => {
    const no = { ...yes, selected_option: 'no' };
    const moved = given(asked({ result: { response: no, responses: { r0: no }, mine: 1 } }))
      .when(answer(), user)
      .thenMoved();
    expect(moved.task('slot').result).to.deep.equal({ mine: 1, response: yes, responses: { r0: no, r1: yes } });
  });

  it('to one of several input requests leaves the task waiting', () => {
    const moved = given(asked({ waits: ['human_input:r1', 'human_input:r2'] }))
      .when(answer(), user)
      .thenMoved();
    expect(moved.task('slot')).to.include({ status: 'waiting_human', blocked_by: 'human_input:r2' });
    expect(moved.next.phase).to.equal('waiting');
  });

  it('for the whole mission is in the history', () => {
    const moved = given(aMission({ waits: ['human_input:r1'] }))
      .when(answer('r1', { ...yes, freeform_text: 'at ten' }), user)
      .thenMoved();
    expect(moved.next.phase).to.equal('planning');
    expect(moved.changes[0]).to.include({ kind: 'input_responded', content: 'yes: at ten' });
  });

  it('after the wait has ended moves nothing, and stands in the history as the user’s words', () => {
    for (const mission of [
      aMission({ tasks: { slot: 'in_progress' } }),
      aMission({ phase: 'completed' }),
      aMission({ cancelled: true }),
    ]) {
      const late = given(mission)
        .when(answer('r1', { ...yes, freeform_text: 'at ten' }), user)
        .thenMoved();
      expect(late.next).to.deep.include({ phase: mission.phase, tasks: mission.tasks, outcome: mission.outcome });
      expect(late.changes).to.have.length(1);
      expect(late.changes[0]).to.deep.include({
        kind: 'logged',
        logged: 'user_message',
        content: 'yes: at ten',
        metadata: { request_id: 'r1', selected_option: 'yes', late: true },
      });
    }
  });

  it('that a timeout took after the wait has ended changes nothing', () => {
    given(aMission({ cancelled: true }))
      .when(answer('r1', { ...yes, responded_by: null, via: 'timeout' }), system)
      .thenIgnored();
  });

  it('that a timeout took is never logged as a person’s response', () => {
    const moved = given(asked())
      .when(answer('r1', { ...yes, responded_by: null, via: 'timeout' }), system)
      .thenMoved();
    expect(moved.changes[0]).to.include({ kind: 'input_expired' });
    expect(moved.changes[0]?.content).to.match(/nobody answered/i);
    expect(moved.next.last_user_engagement_at).to.equal(null);
  });
});

describe('an input request that expires', () => {
  const expire = { type: 'ExpireInputRequest', request_id: 'r1' } as const;

  it('fails the task', () => {
    const moved = given(asked()).when(expire, system).thenMoved();
    expect(moved.task('slot')).to.include({ status: 'failed', error: 'timeout' });
    expect(moved.next.phase).to.equal('executing');
  });

  it('cancels the other blockers of the task that it fails', () => {
    const moved = given(asked({ waits: ['human_input:r1', 'email_reply:t1'] }))
      .when(expire, system)
      .thenMoved();
    expect(openBlockers(moved.next)).to.deep.equal([]);
    expect(moved.changeKinds).to.include('unblocked');
  });

  it('resumes the task if on_timeout says so', () => {
    const mission = asked();
    const patient = {
      ...mission,
      blockers: mission.blockers.map((blocker) => ({ ...blocker, on_timeout: 'resume' as const })),
    };
    expect(given(patient).when(expire, system).thenMoved().task('slot')).to.include({
      status: 'in_progress',
      error: '',
    });
  });

  it('of the whole mission resumes it, and the mission needs attention until its user engages', () => {
    const { next } = given(aMission({ waits: ['human_input:r1'] }))
      .when(expire, system)
      .thenMoved();
    expect(next).to.include({ phase: 'planning', unanswered_at: NOW });
    const { next: engaged } = given(next)
      .when({ type: 'LogEvent', event: { event_type: 'user_message', content: 'here' } })
      .thenMoved();
    expect(engaged.unanswered_at).to.equal(null);
  });
});

describe('a deadline', () => {
  const mission = () => {
    const made = aMission({ tasks: { slot: { status: 'waiting_external', waits: ['webhook:w'] } } });
    return {
      ...made,
      tasks: made.tasks.map((task) => ({ ...task, timeout_at: NOW })),
      blockers: made.blockers.map((blocker) => ({ ...blocker, timeout_at: NOW })),
    };
  };
  const reach = (deadline: string) =>
    ({ type: 'ReachDeadline', blocker_id: mission().blockers[0]?.id ?? '', deadline }) as const;

  it('fails the task that waited for it', () => {
    expect(given(mission()).when(reach(NOW), system).thenMoved().task('slot')).to.include({
      status: 'failed',
      error: 'timeout',
    });
  });

  it('other than the blocker’s own changes nothing', () => {
    given(mission()).when(reach('2026-01-01T00:00:00.000Z'), system).thenIgnored();
  });
});

describe('"mark as received"', () => {
  it('resolves a wait for an outside signal', () => {
    const waiting = aMission({ tasks: { slot: { status: 'waiting_external', waits: ['webhook:w'] } } });
    expect(
      given(waiting).when({ type: 'MarkReceived', task_id: 'slot' }, user).thenMoved().task('slot').status,
    ).to.equal('in_progress');
  });

  it('does not answer an input request', () => {
    given(asked()).when({ type: 'MarkReceived', task_id: 'slot' }, user).thenRefused('INVALID_TRANSITION');
  });
});
