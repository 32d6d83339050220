import { expect } from 'chai';
import type { InputRequestObservations } from './input-request-observations.ts';
import { violations } from './input-request-check.ts';

const [early, due, late] = ['2026-06-01T11:59:59.999Z', '2026-06-01T12:00:00.000Z', '2026-06-01T12:00:00.001Z'];

/**
 * A run without faults: one input request with a response, an expired one, one of a cancelled mission, and two waits.
 */
const good = (): InputRequestObservations => ({
  rounds: [
    { plan: 'answer', missionId: 'm1', taskId: 't1', requestId: 'q1', accepted: 'at once', refused: [] },
    { plan: 'expire', missionId: 'm2', taskId: 't2', requestId: 'q2', accepted: null, refused: [] },
    { plan: 'cancel', missionId: 'm3', taskId: 't3', requestId: 'q3', accepted: null, refused: [] },
    { plan: 'wait', missionId: 'm4', taskId: 't4', requestId: null, accepted: null, refused: [] },
    { plan: 'signal', missionId: 'm5', taskId: 't5', requestId: null, accepted: null, refused: [] },
  ],
  requests: [
    { id: 'q1', mission_id: 'm1', status: 'responded', text: 'at once', responded_at: early, expires_at: due },
    { id: 'q2', mission_id: 'm2', status: 'expired', text: null, responded_at: null, expires_at: due },
    { id: 'q3', mission_id: 'm3', status: 'cancelled', text: null, responded_at: null, expires_at: due },
  ],
  missions: ['m1', 'm2', 'm3', 'm4', 'm5'].map((id) => ({
    id,
    phase: 'executing',
    status: id === 'm3' ? 'cancelled' : 'active',
  })),
  tasks: [
    { id: 't1', mission_id: 'm1', status: 'in_progress', error: '', response: 'at once' },
    { id: 't2', mission_id: 'm2', status: 'failed', error: 'timeout', response: null },
    { id: 't3', mission_id: 'm3', status: 'skipped', error: '', response: null },
    { id: 't4', mission_id: 'm4', status: 'failed', error: 'timeout', response: null },
    { id: 't5', mission_id: 'm5', status: 'completed', error: '', response: null },
  ],
  blockers: ['q1', 'q2', 'q3'].map((id, at) => ({
    key: `human_input:${id}`,
    mission_id: `m${at + 1}`,
    open: false,
    by: null,
  })),
  ends: [
    { mission_id: 'm1', event_type: 'input_responded', key: 'human_input:q1', by: 'answer' },
    { mission_id: 'm2', event_type: 'input_expired', key: 'human_input:q2', by: 'timeout' },
    { mission_id: 'm3', event_type: 'unblocked', key: 'human_input:q3', by: 'cancelled' },
    { mission_id: 'm4', event_type: 'unblocked', key: 'webhook:t4', by: 'timeout' },
    { mission_id: 'm5', event_type: 'unblocked', key: 'webhook:t5', by: 'signal' },
  ],
  returns: [{ task_id: 't1', times: 1 }],
  firings: [{ key: 'expire:q2', revision: 1, fire_at: due, fired_at: late }],
  timers: [{ key: 'expire:q2', state: 'fired', fire_at: due, fired_at: late }],
  events: [
    ...['q1', 'q2', 'q3'].map((id) => ({ type: 'approval.requested', request_id: id })),
    { type: 'approval.responded', request_id: 'q1' },
    { type: 'approval.expired', request_id: 'q2' },
    { type: 'approval.cancelled', request_id: 'q3' },
  ],
  unpublished: 0,
});

describe('the check of input requests after kills', () => {
  it('reports nothing if everything happened once', () => {
    expect(violations(good())).to.deep.equal([]);
  });

  it('accepts an unannounced input request if its cancellation came first', () => {
    const it = good();
    expect(violations({ ...it, events: it.events.filter((one) => one.request_id !== 'q3') })).to.deep.equal([]);
  });

  const faults: [string, (it: InputRequestObservations) => Partial<InputRequestObservations>, RegExp][] = [
    ['a lost input request', (it) => ({ requests: it.requests.slice(1) }), /q1 .* is lost/],
    [
      'an input request without an outcome',
      (it) => ({ requests: it.requests.map((one) => (one.id === 'q2' ? { ...one, status: 'pending' } : one)) }),
      /q2 .* still pending/,
    ],
    [
      'two outcomes of one input request',
      (it) => ({ events: [...it.events, { type: 'approval.expired', request_id: 'q1' }] }),
      /q1 .* was published as approval.requested, approval.responded, approval.expired/,
    ],
    [
      'an unpublished outcome',
      (it) => ({ events: it.events.filter((one) => one.type !== 'approval.responded') }),
      /q1 .* was published as approval.requested/,
    ],
    ['a mission that recorded no outcome', (it) => ({ ends: it.ends.slice(1) }), /q1 .* history says nothing/],
    [
      'a mission that recorded an outcome twice',
      (it) => ({ ends: [...it.ends, ...it.ends] }),
      /q1 .* input_responded by answer, input_responded by answer/,
    ],
    [
      'an open blocker',
      (it) => ({ blockers: it.blockers.map((one) => ({ ...one, open: true })) }),
      /q1 .* its blocker is open/,
    ],
    [
      'an accepted response that differs from the stored one',
      (it) => ({ rounds: it.rounds.map((one) => (one.requestId === 'q1' ? { ...one, accepted: 'later' } : one)) }),
      /"later" was accepted and "at once" is stored/,
    ],
    ['a task that resumed twice', () => ({ returns: [{ task_id: 't1', times: 2 }] }), /came back to work 2 times/],
    [
      'a mission that waits forever',
      (it) => ({ missions: it.missions.map((one) => ({ ...one, phase: 'waiting' })) }),
      /q1 .* its mission waits forever/,
    ],
    [
      'a response after the deadline',
      (it) => ({ requests: it.requests.map((one) => (one.id === 'q1' ? { ...one, responded_at: due } : one)) }),
      /answered after its deadline/,
    ],
    [
      'a timer that fired early',
      (it) => ({ firings: it.firings.map((one) => ({ ...one, fired_at: early })) }),
      /expire:q2 fired at .* early/,
    ],
    [
      'a timer that fired twice',
      (it) => ({ firings: [...it.firings, ...it.firings] }),
      /expire:q2 of revision 1 fired 2 times/,
    ],
    [
      'a timer that never fired',
      () => ({ timers: [{ key: 'expire:q1', state: 'pending', fire_at: due, fired_at: null }] }),
      /expire:q1 is still pending/,
    ],
    ['a wait that did not end', (it) => ({ ends: it.ends.slice(0, 3) }), /task t4: did not end/],
    [
      'a signal that was lost',
      (it) => ({ ends: it.ends.map((one) => (one.mission_id === 'm5' ? { ...one, by: 'timeout' } : one)) }),
      /task t5: ended by timeout/,
    ],
    [
      'a signal that counted twice',
      (it) => ({ ends: [...it.ends, ...it.ends.filter(({ mission_id }) => mission_id === 'm5')] }),
      /task t5: ended 2 times/,
    ],
    [
      'a mission that stays paused',
      (it) => ({ missions: it.missions.map((one) => ({ ...one, status: 'paused' })) }),
      /q1 .* its mission is still paused/,
    ],
    ['events that were never published', () => ({ unpublished: 3 }), /3 events were never published/],
  ];
  for (const [what, change, message] of faults) {
    it(`finds ${what}`, () => {
      const it = good();
      expect(violations({ ...it, ...change(it) }).join('\n')).to.match(message);
    });
  }
});
