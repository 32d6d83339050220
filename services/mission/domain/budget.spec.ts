import { expect } from 'chai';
import type { BudgetNews } from './budget.ts';
import { recordDecision } from './events.ts';
import { attentionOf, inboxChanges, inboxOf } from './inbox.ts';
import type { Budget } from './state.ts';
import { counter, given } from './testing/fixtures.ts';
import { agent, aMission, BEFORE, hoursFromNow, NOW, system } from './testing/sample.ts';

const midnight = hoursFromNow(9);
const next = hoursFromNow(33);
const news = (revision: number, until: string | null): { type: 'NoteBudget'; budget: BudgetNews } => ({
  type: 'NoteBudget',
  budget: { revision, until },
});
const spent: Budget = { revision: 3, until: midnight, since: BEFORE };
const renewed: Budget = { ...spent, until: null };

describe('what the scheduler says of a budget', () => {
  const rows: [what: string, before: Budget | null, said: BudgetNews, after: Budget | null][] = [
    ['is noted', null, { revision: 1, until: midnight }, { revision: 1, until: midnight, since: NOW }],
    ['ends what it said before', spent, { revision: 4, until: null }, { ...renewed, revision: 4, since: BEFORE }],
    ['moves its end', spent, { revision: 4, until: next }, { revision: 4, until: next, since: BEFORE }],
    ['begins anew', renewed, { revision: 4, until: next }, { revision: 4, until: next, since: NOW }],
    ['changes nothing when it comes again', spent, { revision: 3, until: midnight }, null],
    ['changes nothing when it comes late', renewed, { revision: 2, until: midnight }, null],
  ];
  for (const [what, budget, { revision, until }, after] of rows)
    it(what, () => {
      const seen = given(aMission({ budget, can_run_autonomously: true })).when(news(revision, until), system);
      if (after === null) {
        seen.thenIgnored();
        return;
      }
      const moved = seen.thenMoved();
      expect(moved.next.budget).to.deep.equal(after);
      expect(attentionOf(moved.next)).to.deep.equal(after.until === null ? [] : ['budget']);
      expect(moved.changeKinds).to.deep.equal(['updated']);
    });

  it('is one item of the inbox until the budget renews, no deed of the user, and nothing new to the scheduler', () => {
    const before = aMission({ stale_notified_at: BEFORE, grace_period_ends_at: next });
    const moved = given(before).when(news(1, midnight), system).thenMoved();
    expect(moved.next).to.deep.include({ last_user_engagement_at: null, stale_notified_at: BEFORE });
    expect(inboxOf(moved.next).find(({ kind }) => kind === 'budget')).to.include({
      key: 'budget',
      since: NOW,
      until: midnight,
    });
    const context = { at: NOW, actor: system, newId: counter('event') };
    const [event] = recordDecision(before, moved, context).events;
    expect(event?.data).to.deep.include({ by_run: true });
    const over = given(moved.next).when(news(2, null), system).thenMoved().next;
    expect(inboxChanges(moved.next, over).map(({ key, ended }) => [key, ended])).to.deep.equal([['budget', true]]);
  });

  it('stands whatever an agent does', () => {
    const note = { type: 'LogEvent', event: { event_type: 'note' } } as const;
    expect(
      attentionOf(
        given(aMission({ budget: spent }))
          .when(note, agent)
          .thenMoved().next,
      ),
    ).to.deep.equal(['budget']);
  });
});
