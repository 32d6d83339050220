import { expect } from 'chai';
import type { Command } from '../domain/decide.ts';
import { counter, given } from '../domain/testing/fixtures.ts';
import { aMission, agent, type MissionSample, NOW } from '../domain/testing/sample.ts';
import { rowsOf } from './rows.ts';

function rowsAfter(sample: MissionSample, command: Command = { type: 'LogEvent', event: { event_type: 'note' } }) {
  const before = aMission(sample);
  const { next, changes } = given(before).when(command).thenMoved();
  return rowsOf({ before, next, changes, actor: agent, at: NOW, newId: counter('event') });
}
const complete = (task_id: string): Command => ({ type: 'PatchTask', task_id, patch: { status: 'completed' } });

describe('the rows of a decision', () => {
  it('grow the version by one and number the history without a gap, however many changes there are', () => {
    const { saved, events, outbox } = rowsAfter(
      { version: 7, last_sequence: 41, tasks: { a: 'in_progress', b: { status: 'pending', depends_on: ['a'] } } },
      complete('a'),
    );
    expect(saved).to.include({ version: 8, last_sequence: 43, updated_at: NOW });
    expect(events).to.have.lengthOf(2);
    expect(events.map((event) => (event as { sequence: number }).sequence)).to.deep.equal([42, 43]);
    expect(outbox.map(({ version, index }) => [version, index])).to.deep.equal([
      [8, 0],
      [8, 1],
    ]);
    expect(outbox.map((event) => event.id)).to.deep.equal(events.map((event) => (event as { id: string }).id));
  });

  it('are only those of tasks and blockers that the decision touched', () => {
    const { tasks, blockers } = rowsAfter(
      { tasks: { a: 'blocked', b: 'blocked', c: 'ready' } },
      { type: 'PatchTask', task_id: 'b', patch: { blocked_by: '' } },
    );
    expect(tasks.map((task) => (task as { id: string }).id)).to.deep.equal(['b']);
    expect(blockers.map((blocker) => (blocker as { key: string }).key)).to.deep.equal(['manual:b']);
  });

  for (const [name, tasks, progress] of [
    ['no tasks', {}, null],
    ['none but skipped ones', { a: 'skipped' }, null],
    ['none completed', { a: 'ready', b: 'failed' }, 0],
    ['skipped ones not counted', { a: 'completed', b: 'skipped', c: 'ready' }, 0.5],
    ['failed ones counted', { a: 'completed', b: 'failed', c: 'ready', d: 'in_progress' }, 0.25],
    ['all completed', { a: 'completed', b: 'completed' }, 1],
  ] as const) {
    it(`say the progress: ${name}`, () => expect(rowsAfter({ tasks }).mission).to.include({ progress }));
  }

  it('say what the mission is blocked by: the oldest open blocker, and since when', () => {
    expect(rowsAfter({ tasks: { a: 'blocked' }, waits: ['webhook:x'] }).mission).to.include({
      status: 'waiting',
      blocked_by: 'manual:a',
      blocked_since: aMission().created_at,
    });
    expect(rowsAfter({ tasks: { a: 'ready' } }).mission).to.include({ blocked_by: '', blocked_since: null });
  });
});
