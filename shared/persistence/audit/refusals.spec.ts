import { expect } from 'chai';
import { RefusalBudget } from './refusals.ts';

const HOUR_MS = 3_600_000;

describe('the budget of recorded refusals', () => {
  let now: number;
  let budget: RefusalBudget;
  beforeEach(() => {
    now = 0;
    budget = new RefusalBudget(() => now);
  });
  const taken = (source: string, times: number): number =>
    Array.from({ length: times }, () => budget.take(source)).filter(Boolean).length;

  it('allows 20 entries an hour of one source, and takes nothing from the others', () => {
    expect(taken('eve', 100)).to.equal(20);
    expect(taken('mallory', 100)).to.equal(20);
    now = HOUR_MS - 1;
    expect(taken('eve', 100)).to.equal(0);
    now = HOUR_MS;
    expect(taken('eve', 100)).to.equal(20);
  });

  it('allows 10 000 entries a day of all sources together', () => {
    let all = 0;
    for (let source = 0; source < 600; source += 1) all += taken(String(source), 20);
    expect(all).to.equal(10_000);
    now = 24 * HOUR_MS;
    expect(taken('eve', 100)).to.equal(20);
  });
});
