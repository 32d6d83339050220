import { expect } from 'chai';
import fc from 'fast-check';
import { type TimerRevision, latestRevisions } from './latest-revision.ts';
import { decide, type Timer } from './timer.ts';

const change = fc.record({
  owner: fc.constantFrom('mission', 'approval'),
  key: fc.constantFrom('a', 'b'),
  revision: fc.integer({ min: 1, max: 4 }),
  fire_at: fc.option(fc.constantFrom('2026-06-01T12:00:00.000Z', '2026-06-02T12:00:00.000Z')),
});

const apply = (timers: Map<string, Timer>, changes: readonly TimerRevision[]): Map<string, Timer> => {
  const after = new Map(timers);
  for (const { owner, key, revision, fire_at } of changes) {
    const id = `${owner}/${key}`;
    const decision = decide(
      after.get(id) ?? null,
      fire_at === null ? { type: 'Cancel', revision, at: '' } : { type: 'Set', revision, fire_at },
    );
    if (decision.kind === 'moved') after.set(id, decision.next);
  }
  return after;
};

describe('reducing timer changes to the latest revisions', () => {
  it('the result is the same as deciding the changes one after the other, whatever is stored', () => {
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (earlier, changes) => {
        const before = apply(new Map(), earlier);
        const { winners } = latestRevisions(changes);
        expect(apply(before, winners)).to.deep.equal(apply(before, changes));
      }),
    );
  });

  it('at most one change of each timer is left, and the others are reported as ignored', () => {
    const [first, older, other, newer, again] = [
      { owner: 'mission', key: 'a', revision: 2, fire_at: null },
      { owner: 'mission', key: 'a', revision: 1, fire_at: '2026-06-01T12:00:00.000Z' },
      { owner: 'approval', key: 'a', revision: 1, fire_at: '2026-06-01T12:00:00.000Z' },
      { owner: 'mission', key: 'a', revision: 3, fire_at: '2026-06-01T12:00:00.000Z' },
      { owner: 'mission', key: 'a', revision: 3, fire_at: null },
    ] as const;
    expect(latestRevisions([first, older, other, newer, again])).to.deep.equal({
      winners: [newer, other],
      ignored: [older, again],
    });
  });
});
