import { expect } from 'chai';
import fc from 'fast-check';
import type { NewTask } from '@missions/contracts/mission/bodies.ts';
import { create } from '../create.ts';
import { refuseCycles } from '../plan.ts';
import { invariantViolations } from '../testing/invariants.ts';
import { counter, given } from '../testing/fixtures.ts';
import { aMission, agent, NOW } from '../testing/sample.ts';

/** A graph as each task's list of others, by number; forwards, backwards, twice, and now and then itself. */
const graph = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }));
const planOf = (edges: readonly number[][]): NewTask[] =>
  edges.map((after, index) => ({ title: `t${index}`, ref: `t${index}`, depends_on: after.map((one) => `t${one}`) }));

/** Whether everything can be done in some order, found by doing it. */
function canBeDone(edges: readonly number[][]): boolean {
  const done = new Set<number>();
  for (let before = -1; before !== done.size;) {
    before = done.size;
    for (const [index, after] of edges.entries()) if (after.every((one) => done.has(one))) done.add(index);
  }
  return done.size === edges.length;
}

describe('any plan', () => {
  it('is accepted if and only if its tasks can be done in some order', () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(graph, (edges) => {
        const decision = create(
          { customer_id: 'acme', user_id: 'ada' },
          { title: 'plan', tasks: planOf(edges) },
          { at: NOW, actor: agent, newId: counter() },
        );
        if (canBeDone(edges)) {
          seen.taken += 1;
          expect(decision.kind).to.equal('moved');
          if (decision.kind !== 'moved') return;
          expect(invariantViolations(decision.next)).to.deep.equal([]);
          expect(decision.next.tasks.map((task) => task.status)).to.deep.equal(
            edges.map((after) => (after.length === 0 ? 'ready' : 'pending')),
          );
        } else {
          seen.refused += 1;
          expect(decision).to.include({ kind: 'refused', code: 'CIRCULAR_DEPENDENCY' });
        }
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.taken, seen.refused)).to.be.greaterThan(100);
  });

  it('can be worked to its end, each task ready exactly when its dependencies are met', () => {
    fc.assert(
      fc.property(graph.filter(canBeDone), fc.infiniteStream(fc.nat()), (edges, picks) => {
        let mission = given(aMission())
          .when({ type: 'AddTasks', tasks: planOf(edges) })
          .thenMoved().next;
        for (const pick of picks) {
          const done = (index: number) =>
            mission.tasks.find((task) => task.title === `t${index}`)?.status === 'completed';
          const expected = edges.flatMap((after, index) => (!done(index) && after.every(done) ? [`t${index}`] : []));
          const ready = mission.tasks.filter((task) => task.status === 'ready');
          expect(ready.map((task) => task.title)).to.deep.equal(expected);
          const next = ready[pick % ready.length];
          if (!next) break;
          mission = given(mission)
            .when({ type: 'PatchTask', task_id: next.id, patch: { status: 'completed' } })
            .thenMoved().next;
        }
        expect(mission.tasks.every((task) => task.status === 'completed')).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is checked in time linear in its size', () => {
    // Every task depends on all before it: eighty thousand edges, each looked at once. A check that walks paths would
    // never end.
    const size = 400;
    const ids = Array.from({ length: size }, (_, index) => `t${String(index).padStart(4, '0')}`);
    const mission = aMission({ tasks: Object.fromEntries(ids.map((id) => [id, 'ready' as const])) });
    const tasks = mission.tasks.map((task, index) => ({ ...task, depends_on: ids.slice(0, index) }));
    refuseCycles(tasks);
    const [first, ...others] = tasks;
    expect(() =>
      refuseCycles([{ ...(first as (typeof tasks)[number]), depends_on: [ids.at(-1) as string] }, ...others]),
    ).to.throw('wait for each other');
  });
});
