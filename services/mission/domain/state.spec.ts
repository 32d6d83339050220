import { expect } from 'chai';
import { type Mission, statusOf, taskCounts } from './state.ts';
import { invariantViolations } from './testing/invariants.ts';
import { aMission, BEFORE } from './testing/sample.ts';

describe('status', () => {
  const rows: [Partial<Mission>, string][] = [
    [{ phase: 'planning' }, 'active'],
    [{ phase: 'executing' }, 'active'],
    [{ phase: 'waiting' }, 'waiting'],
    [{ phase: 'completed' }, 'completed'],
    [{ phase: 'failed' }, 'failed'],
    [{ phase: 'planning', paused_by: 'agent' }, 'paused'],
    [{ phase: 'executing', paused_by: 'user' }, 'paused'],
    [{ phase: 'waiting', paused_by: 'system' }, 'paused'],
    [{ phase: 'completed', paused_by: 'user' }, 'completed'],
    [{ phase: 'failed', paused_by: 'user' }, 'failed'],
    [{ phase: 'executing', cancelled: true }, 'cancelled'],
    [{ phase: 'waiting', paused_by: 'user', cancelled: true }, 'cancelled'],
    [{ phase: 'failed', cancelled: true }, 'cancelled'],
  ];
  for (const [fields, status] of rows)
    it(`${JSON.stringify(fields)} is ${status}`, () => expect(statusOf({ ...aMission(), ...fields })).to.equal(status));
});

describe('task counts', () => {
  it('include every status, also those that no task has', () => {
    expect(taskCounts(aMission({ tasks: { a: 'ready', b: 'ready', c: 'blocked' } }).tasks)).to.deep.equal({
      pending: 0,
      ready: 2,
      in_progress: 0,
      waiting_human: 0,
      waiting_external: 0,
      blocked: 1,
      completed: 0,
      failed: 0,
      skipped: 0,
    });
  });
});

describe('the invariants of a mission', () => {
  const legal = aMission({
    tasks: { a: 'completed', b: { status: 'blocked', depends_on: ['a'] }, c: { status: 'pending', depends_on: ['b'] } },
  });
  const withTask = (id: string, fields: object) => ({
    ...legal,
    tasks: legal.tasks.map((task) => (task.id === id ? { ...task, ...fields } : task)),
  });

  it('hold in the samples', () => expect(invariantViolations(legal)).to.deep.equal([]));

  const illegal: Record<string, Mission> = {
    'waiting without a blocker': { ...legal, blockers: [] },
    'a blocker without waiting': { ...legal, phase: 'executing', return_phase: null },
    'waiting with nowhere to return': { ...legal, return_phase: null },
    'work while planning': { ...legal, return_phase: 'planning' },
    'an end with an open blocker': {
      ...legal,
      phase: 'completed',
      return_phase: null,
      outcome: 'success',
      completed_at: BEFORE,
    },
    'an end without outcome': { ...aMission({ phase: 'completed' }), outcome: null },
    'an open task in a completed mission': { ...aMission({ phase: 'completed', tasks: { a: 'ready' } }) },
    'another key than the oldest': withTask('b', { blocked_by: 'manual:else' }),
    'another deadline than the first': withTask('b', { timeout_at: BEFORE }),
    'pending for nothing': withTask('c', { depends_on: ['a'] }),
    'ready too early': withTask('c', { status: 'ready' }),
    'an end without its time': withTask('a', { completed_at: null }),
    'work that never started': withTask('b', { started_at: null }),
    'a cycle': withTask('a', { depends_on: ['b'] }),
    'a stranger': withTask('c', { depends_on: ['b', 'z'] }),
    'a wrong order': { ...legal, tasks: legal.tasks.toReversed() },
    'a wait that is open twice': { ...legal, blockers: [...legal.blockers, ...legal.blockers] },
    'an attempt before the first': withTask('a', { attempt: 0 }),
  };
  for (const [name, mission] of Object.entries(illegal))
    it(`are violated: ${name}`, () => expect(invariantViolations(mission)).not.to.deep.equal([]));
});
