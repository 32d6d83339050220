import { expect } from 'chai';
import { recordDecision } from '../domain/events.ts';
import { counter, given } from '../domain/testing/fixtures.ts';
import { aMission, agent, NOW } from '../domain/testing/sample.ts';
import { rowsOf } from './rows.ts';

describe('the rows of a decision', () => {
  it('are only those of tasks and blockers that the decision touched', () => {
    const before = aMission({ tasks: { a: 'blocked', b: 'blocked', c: 'ready' } });
    const decided = given(before)
      .when({ type: 'PatchTask', task_id: 'b', patch: { blocked_by: '' } })
      .thenMoved();
    const context = { actor: agent, at: NOW, newId: counter('event') };
    const { tasks, blockers } = rowsOf(recordDecision(before, decided, context));
    expect(tasks.map((task) => (task as { id: string }).id)).to.deep.equal(['b']);
    expect(blockers.map((blocker) => (blocker as { key: string }).key)).to.deep.equal(['manual:b']);
  });
});
