import { expect } from 'chai';
import { approves } from './action.ts';

describe('the option of a question', () => {
  /** The page has the same rule, and the same table (`services/dashboard/question/proposal.spec.ts`). */
  const rows: [ids: string[], approving: string[], hasAction: boolean][] = [
    [['reject', 'approve', 'yes'], ['approve'], true],
    [['no', 'yes', 'later'], ['yes'], true],
    [['cancel', 'send', 'wait'], ['send'], true],
    [['no'], [], true],
    [['tuesday', 'wednesday', 'No'], ['tuesday', 'wednesday'], false],
  ];
  for (const [ids, approving, hasAction] of rows)
    it(`that approves is ${approving.join(', ') || 'none'} among ${ids.join(', ')}${hasAction ? '' : ', without an action'}`, () => {
      const options = ids.map((id) => ({ id }));
      const asked = { options, action: hasAction ? { type: 'pay' } : null };
      expect([...ids.filter((id) => approves(asked, id)), approves(asked, null)]).to.deep.equal([...approving, false]);
    });
});
