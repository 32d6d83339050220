import { expect } from 'chai';
import type { Question } from './outcome.ts';
import { asksOthers, hasApproved, peopleOf } from './people.ts';

const approvals = [{ user_id: 'bea', selected_option: 'yes', via: 'api', responded_at: '2026-06-01T12:00:00.000Z' }];
const question = { user_id: 'ada', assignees: ['bea', 'cem'], quorum: 2, approvals, status: 'pending' } as Question;

describe('the people of a question', () => {
  it('are those beside the reader, who is told whose it is', () => {
    expect(peopleOf(question, 'ada')).to.deep.equal({
      ...{ whose: undefined, others: ['bea', 'cem'], wanted: 2, given: approvals },
    });
    expect(peopleOf(question, 'cem')).to.deep.include({ whose: 'ada', others: ['bea'] });
    expect(peopleOf({ user_id: 'ada' } as Question, 'ada')).to.deep.equal({
      ...{ whose: undefined, others: [], wanted: 1, given: [] },
    });
  });

  it('are not spoken of where the reader alone is asked', () => {
    expect(asksOthers(question, 'ada')).to.equal(true);
    expect(asksOthers({ user_id: 'ada' } as Question, 'bea')).to.equal(true);
    expect(asksOthers({ user_id: 'ada' } as Question, 'ada')).to.equal(false);
  });

  it('who have approved are asked nothing more, while others are waited for', () => {
    const rows = [
      [question, 'bea', true],
      [question, 'ada', false],
      [{ ...question, status: 'expired' } as Question, 'bea', false],
    ] as const;
    for (const [one, reader, expected] of rows) expect(hasApproved(one, reader)).to.equal(expected);
  });
});
