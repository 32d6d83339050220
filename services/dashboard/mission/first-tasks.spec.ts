import { expect } from 'chai';
import type { Task } from '../store/shapes.ts';
import { firstTasks } from './first-tasks.ts';

type Status = Task['status'];
const plan = (...statuses: Status[]) => statuses.map((status, at) => ({ at, status }));
const placesOf = (tasks: readonly { at: number }[]) => tasks.map(({ at }) => at);

describe('the tasks of a long plan that are shown first', () => {
  for (const [what, statuses, places] of [
    ['are all of a short one', ['pending', 'failed', 'completed'], [0, 1, 2]],
    ['are its first ones while nothing presses', ['completed', 'ready', 'pending', 'pending', 'skipped'], [0, 1, 2]],
    ['have what failed among them, in its place', ['completed', 'ready', 'pending', 'pending', 'failed'], [0, 1, 4]],
    [
      'have what waits and what is worked on before what is done',
      ['completed', 'completed', 'waiting_human', 'completed', 'in_progress', 'blocked'],
      [2, 4, 5],
    ],
    ['are no more than there is room for', ['failed', 'failed', 'failed', 'failed'], [0, 1, 2]],
  ] as [string, Status[], number[]][])
    it(what, () => expect(placesOf(firstTasks(plan(...statuses), 3))).to.deep.equal(places));
});
