import { expect } from 'chai';
import { LIKE, offerOf, ruleOf } from './offer.ts';

type Args = Parameters<typeof offerOf>;
const action = { type: 'pay', amount: 20, to: 'Adler', note: { of: 'ada' } };
const question = (of: object = {}): Args[0] =>
  ({
    ...{ status: 'responded', action, irreversible: false, quorum: 1, agent_id: 'travel', context: null },
    response: { selected_option: 'yes', via: 'api', effective_action: action },
    ...of,
  }) as unknown as Args[0];
const decided = (of: object = {}) =>
  ({ via: 'api', answer: { selected_option: 'yes' }, effective_action: action, ...of }) as unknown as Args[1][number];
const five = (last: object = {}) => [...Array.from({ length: LIKE - 1 }, () => decided()), decided(last)];

describe('a rule that like answers suggest', () => {
  it('holds for no more than was approved so far', () => {
    const dearer = { effective_action: { ...action, amount: 35, to: 'Krone' } };
    const offer = offerOf(question(), five(dearer));
    expect(offer?.conditions.map(({ words }) => words)).to.deep.equal([
      'travel asks',
      'it is about “pay”',
      'amount is at most 35',
      'to is Adler or Krone',
    ]);
    expect(ruleOf('yes', offer?.conditions ?? [])).to.deep.equal({
      option: 'yes',
      match: { agent_id: 'travel', action_type: 'pay', max: { amount: 35 }, allowed: { to: ['Adler', 'Krone'] } },
    });
  });

  it('leaves out what the user leaves out', () => {
    const conditions = offerOf(question(), five())?.conditions ?? [];
    expect(ruleOf('yes', conditions.slice(0, 2)).match).to.deep.equal({ agent_id: 'travel', action_type: 'pay' });
  });

  for (const [what, asked, latest] of [
    ['fewer answers', question(), five().slice(1)],
    ['another option among them', question(), five({ answer: { selected_option: 'no' } })],
    ['another kind of action among them', question(), five({ effective_action: { type: 'mail' } })],
    ['a refusal among them', question(), five({ effective_action: undefined })],
    ['an answer of a rule among them', question(), five({ via: 'rule:1' })],
    ['a question that cannot be undone', question({ irreversible: true }), five()],
    ['a question that others must approve too', question({ quorum: 2 }), five()],
    ['a question that proposes powers', question({ context: { proposes: {} } }), five()],
    ['a question without an action', question({ action: null }), five()],
    ['one that is not answered', question({ status: 'pending', response: null }), five()],
  ] as const)
    it(`is not suggested by ${what}`, () => expect(offerOf(asked, latest)).to.equal(undefined));
});
