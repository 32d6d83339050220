import { expect } from 'chai';
import { conditionsOf, type Rule, usesOf } from './rule-words.ts';

const rule = (of: Partial<Rule>): Rule => ({
  ...{ id: '0197a1f0-0000-7000-8000-000000000001', option: 'yes', until: null, max_uses_per_day: null, enabled: true },
  ...{ uses: 0, uses_today: 0, last_used_at: null, created_at: '2026-11-29T12:00:00.000Z' },
  match: { action_type: 'pay' },
  ...of,
});

describe('a rule in words', () => {
  it('says all that must hold', () => {
    const match = { agent_id: 'travel', action_type: 'pay', max: { amount: 50 }, allowed: { to: ['Adler', 'Krone'] } };
    expect(conditionsOf(rule({ match }))).to.deep.equal([
      'travel asks',
      'it is about “pay”',
      'amount is at most 50',
      'to is Adler or Krone',
    ]);
  });

  for (const [uses, words] of [
    [{}, 'It has not answered yet'],
    [{ uses: 1 }, 'It has answered once'],
    [{ uses: 7, uses_today: 2, max_uses_per_day: 5 }, 'It has answered 7 times, 2 of at most 5 on its last day'],
  ] as const)
    it(`says: ${words}`, () => expect(usesOf(rule(uses))).to.equal(words));
});
