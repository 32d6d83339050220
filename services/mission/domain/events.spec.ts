import { expect } from 'chai';
import type { Command } from './decide.ts';
import { recordDecision } from './events.ts';
import { counter, given } from './testing/fixtures.ts';
import { aMission, agent, type MissionSample, NOW } from './testing/sample.ts';

function recordedAfter(sample: MissionSample, command: Command = { type: 'LogEvent', event: { event_type: 'note' } }) {
  const before = aMission(sample);
  return recordDecision(before, given(before).when(command).thenMoved(), {
    actor: agent,
    at: NOW,
    newId: counter('event'),
  });
}
const complete = (task_id: string): Command => ({ type: 'PatchTask', task_id, patch: { status: 'completed' } });

describe('recording a decision', () => {
  it('raises the version by one and numbers the history without a gap, however many changes there are', () => {
    const { mission, history, events } = recordedAfter(
      { version: 7, last_sequence: 41, tasks: { a: 'in_progress', b: { status: 'pending', depends_on: ['a'] } } },
      complete('a'),
    );
    expect(mission).to.include({ version: 8, last_sequence: 43, updated_at: NOW });
    expect(history).to.have.lengthOf(2);
    expect(history.map(({ sequence }) => sequence)).to.deep.equal([42, 43]);
    expect(events.map(({ version, index }) => [version, index])).to.deep.equal([
      [8, 0],
      [8, 1],
    ]);
    expect(events.map(({ id }) => id)).to.deep.equal(history.map(({ id }) => id));
  });

  for (const [name, tasks, progress] of [
    ['there are no tasks', {}, null],
    ['all tasks are skipped', { a: 'skipped' }, null],
    ['no task is completed', { a: 'ready', b: 'failed' }, 0],
    ['a skipped task does not count', { a: 'completed', b: 'skipped', c: 'ready' }, 0.5],
    ['a failed task counts', { a: 'completed', b: 'failed', c: 'ready', d: 'in_progress' }, 0.25],
    ['all tasks are completed', { a: 'completed', b: 'completed' }, 1],
  ] as const) {
    it(`derives the progress ${progress} when ${name}`, () =>
      expect(recordedAfter({ tasks }).derived).to.include({ progress }));
  }

  it('names the oldest open blocker and its opening time', () => {
    expect(recordedAfter({ tasks: { a: 'blocked' }, waits: ['webhook:x'] }).derived).to.include({
      status: 'waiting',
      blocked_by: 'manual:a',
      blocked_since: aMission().created_at,
    });
    expect(recordedAfter({ tasks: { a: 'ready' } }).derived).to.include({ blocked_by: '', blocked_since: null });
  });
});
