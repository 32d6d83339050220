import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import { callerOf } from './caller.ts';
import type { Principal } from './principal.ts';

const key = (users: readonly string[] | null): Principal => ({
  kind: 'agent',
  credential: 'key',
  customer_id: 'acme',
  agent_id: 'planner-7',
  users,
  scopes: null,
});
const ada: Principal = { kind: 'user', credential: 'token', customer_id: 'acme', user_id: 'ada' };

function refusalOf(principal: Principal, named: Record<string, string>, headers: Record<string, string> = {}): Problem {
  try {
    callerOf(principal, headers, named, 'default');
  } catch (error) {
    return error as Problem;
  }
  throw new Error('The call was not refused.');
}

describe('a name that a credential may not use', () => {
  it('is refused with the agent that the key is bound to', () => {
    const { code, detail } = refusalOf(key(null), { agent_id: 'pinky' });
    expect(code).to.equal('FORBIDDEN');
    expect(detail).to.equal(
      'This credential is bound to the agent "planner-7", and may not name "pinky". Leave the agent out, or name "planner-7".',
    );
  });

  it('is refused with the customer that the credential is bound to', () => {
    for (const principal of [key(null), ada])
      expect(refusalOf(principal, {}, { 'x-customer-id': 'other' }).detail).to.contain('bound to the customer "acme"');
  });

  it('is refused with the users that the credential may name, ten of them at most', () => {
    expect(refusalOf(ada, { user_id: 'eve' }).detail).to.contain('bound to the user "ada", and may not name "eve"');
    expect(refusalOf(key(['ada', 'bob']), { user_id: 'eve' }).detail).to.contain(
      'bound to the users "ada", "bob", and',
    );
    const many = Array.from({ length: 12 }, (_, index) => `u${index}`);
    expect(refusalOf(key(many), { user_id: 'eve' }).detail).to.contain('"u9" and 2 more, and may not name "eve"');
  });
});
