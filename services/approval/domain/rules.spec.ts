import { expect } from 'chai';
import type { RuleMatch } from '@missions/contracts/approval/rules.ts';
import { askedRequest } from '../testing/fixtures.ts';
import { decide } from './decide.ts';
import { decides, deciding } from './rules.ts';
import type { Pending } from './state.ts';

const action = { type: 'pay', amount: 50, to: ['a@x.example', 'b@x.example'], shop: 'Adler', none: [], as_text: '5' };
const options = ['approve', 'reject'].map((id) => ({ id, label: id }));

function asked(over: object = {}): Pending {
  const question = askedRequest(new Date('2026-06-01T12:00:00Z'), { options, action, agent_id: 'worker', ...over });
  const decision = decide(null, { type: 'Ask', question });
  if (decision.kind !== 'moved' || decision.next.status !== 'pending') throw new Error('the question was not asked');
  return decision.next;
}

describe('a rule', () => {
  const table: [match: RuleMatch, answers: boolean][] = [
    [{ agent_id: 'worker' }, true],
    [{ agent_id: 'Worker' }, false],
    [{ action_type: 'pay' }, true],
    [{ action_type: 'refund' }, false],
    [{ agent_id: 'worker', action_type: 'refund' }, false],
    [{}, false],
    [{ max: {} }, false],
    [{ allowed: {} }, false],
    [{ max: { amount: 50 } }, true],
    [{ max: { amount: 49.99 } }, false],
    [{ max: { amount: 9 } }, false],
    [{ max: { amount: 100 } }, true],
    [{ max: { missing: 100 } }, false],
    [{ max: { as_text: 100 } }, false],
    [{ max: { to: 100 } }, false],
    [{ max: { amount: 100, missing: 1 } }, false],
    [{ max: { constructor: 100, __proto__: 1 } as Record<string, number> }, false],
    [{ allowed: { shop: ['Adler', 'Krone'] } }, true],
    [{ allowed: { shop: ['adler'] } }, false],
    [{ allowed: { missing: ['Adler'] } }, false],
    [{ allowed: { amount: ['50'] } }, false],
    [{ allowed: { to: ['b@x.example', 'a@x.example'] } }, true],
    [{ allowed: { to: ['a@x.example'] } }, false],
    [{ allowed: { none: ['a@x.example'] } }, false],
    [{ agent_id: 'worker', action_type: 'pay', max: { amount: 50 }, allowed: { shop: ['Adler'] } }, true],
    [{ agent_id: 'worker', action_type: 'pay', max: { amount: 50 }, allowed: { shop: ['Krone'] } }, false],
  ];
  for (const [match, answers] of table)
    it(`${answers ? 'answers' : 'does not answer'} by ${JSON.stringify(match)}`, () => {
      expect(decides({ id: '1', match, option: 'approve' }, asked())).to.equal(answers);
    });

  const never: [what: string, over: object][] = [
    ['what is irreversible', { irreversible: true }],
    ['what its context says is irreversible', { context: { irreversible: true } }],
    ['what gives an agent more power', { context: { proposes: { can_run_autonomously: true } } }],
    ['a question without an action', { action: null }],
    ['a question without its option', { options: [{ id: 'yes', label: 'Yes' }] }],
    ['a question of nobody it knows', { agent_id: undefined }],
  ];
  for (const [what, over] of never)
    it(`never answers ${what}`, () => {
      expect(decides({ id: '1', match: { agent_id: 'worker' }, option: 'approve' }, asked(over))).to.equal(false);
    });

  it('that refuses is tried before one that approves, then the oldest', () => {
    const rules = ['approve', 'reject', 'approve'].map((option, id) => ({
      ...{ id: `${id}`, match: { action_type: 'pay' }, option },
    }));
    expect(deciding(rules, asked()).map(({ id }) => id)).to.deep.equal(['1', '0', '2']);
  });
});
