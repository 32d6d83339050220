import { expect } from 'chai';
import { decisions, firings, timers, times } from '../../testing/timer-decisions.ts';
import { type TimerCommand, type TimerDecision, decide } from './timer.ts';

const result = (decision: TimerDecision): string => (decision.kind === 'moved' ? decision.outcome : decision.reason);

describe('the decision about a timer', () => {
  for (const { from, type, revision, result: expected } of decisions) {
    it(`that is ${from}: ${type} at revision ${revision} → ${expected}`, () => {
      const command: TimerCommand =
        type === 'Set' ? { type, revision, fire_at: times.two } : { type, revision, at: times.two };
      const decision = decide(timers[from], command);
      expect(result(decision)).to.equal(expected);
      if (decision.kind === 'ignored') return;
      const next =
        type === 'Set'
          ? { status: 'pending', revision, fire_at: times.two }
          : { status: 'cancelled', revision, cancelled_at: times.two };
      expect(decision.next).to.deep.equal(next);
    });
  }

  for (const { from, at, result: expected } of firings) {
    it(`that is ${from}: Fire at ${at.slice(11)} → ${expected}`, () => {
      const decision = decide(timers[from], { type: 'Fire', at });
      expect(result(decision)).to.equal(expected);
      if (decision.kind === 'moved')
        expect(decision.next).to.deep.equal({ status: 'fired', revision: 5, fire_at: times.noon, fired_at: at });
    });
  }
});
