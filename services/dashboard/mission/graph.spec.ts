import { expect } from 'chai';
import { graphOf, NODE } from './graph.ts';

/** Above so many the page draws none. */
const MOST_TASKS = 200;

/** Up to three tasks before this one, other ones in each plan. */
const before = (index: number, plan: number): number[] =>
  Array.from({ length: index && (index * (plan + 3)) % 4 }, (_, which) => (index * 31 + which * 17 + plan * 7) % index);
const task = (id: string, ...depends_on: string[]) => ({ id, depends_on });

describe('the graph of tasks', () => {
  it('puts a task to the right of everything that it depends on', () => {
    const { nodes, edges } = graphOf([task('c', 'a', 'b'), task('a'), task('b', 'a'), task('d', 'gone')]);
    const x = Object.fromEntries(nodes.map((node) => [node.id, node.x]));
    expect(x['a']).to.equal(x['d']);
    expect([x['a']! < x['b']!, x['b']! < x['c']!]).to.deep.equal([true, true]);
    expect(edges.map(({ from, to }) => `${from}>${to}`)).to.have.members(['a>c', 'b>c', 'a>b']);
  });

  it('lets no two tasks lie on each other, and none outside, in plans of any shape', () => {
    for (let plan = 0; plan < 20; plan += 1) {
      const tasks = Array.from({ length: MOST_TASKS }, (_, index) =>
        task(String(index), ...before(index, plan).map(String)),
      );
      const { nodes, width, height } = graphOf(tasks);
      expect(new Set(nodes.map(({ x, y }) => `${x},${y}`)).size).to.equal(MOST_TASKS);
      for (const { x, y } of nodes)
        expect([x >= 0, y >= 0, x + NODE.width <= width, y + NODE.height <= height]).not.to.include(false);
    }
  });

  it('draws a plan without tasks as nothing', () => expect(graphOf([]).nodes).to.deep.equal([]));
});
