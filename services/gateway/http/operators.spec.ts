import { expect } from 'chai';
import { claimsOperator, operatorsOf } from './operators.ts';
import type { Principal } from './principal.ts';

describe('an operator', () => {
  const user = (customer_id: string, user_id: string, claims_operator = false): Principal => ({
    kind: 'user',
    credential: `user:${user_id}`,
    customer_id,
    user_id,
    ...(claims_operator && { claims_operator }),
  });
  const isOperator = operatorsOf(['me', 'acme:ada', 'acme:a:b'], 'default');

  const rows: [who: string, principal: Principal, operates: boolean][] = [
    ['a user of the default customer who is named', user('default', 'me'), true],
    ['a user of the same name of another customer', user('acme', 'me'), false],
    ['a user who is named with the customer', user('acme', 'ada'), true],
    ['a user whose id has a colon', user('acme', 'a:b'), true],
    ['a user of the same name of the default customer', user('default', 'ada'), false],
    ['a user whose customer and id only read like it together', user('acme:a', 'b'), false],
    ['a user whose token or sign-in says so', user('acme', 'eve', true), true],
    ['the trusted backend', { kind: 'service', credential: 'service' }, false],
    [
      'an agent',
      { kind: 'agent', credential: 'key:1', customer_id: 'default', agent_id: 'me', users: ['me'], scopes: null },
      false,
    ],
  ];
  for (const [who, principal, operates] of rows)
    it(`${operates ? 'is' : 'is not'} ${who}`, () => expect(isOperator(principal)).to.equal(operates));

  const claims: [setting: string | undefined, claims: object, operates: boolean][] = [
    [undefined, { operator: true }, false],
    ['operator', { operator: true }, true],
    ['operator', { operator: 'true' }, false],
    ['operator', {}, false],
    ['constructor', {}, false],
    ['roles=operator', { roles: ['user', 'operator'] }, true],
    ['roles=operator', { roles: 'operator' }, true],
    ['roles=operator', { roles: 'operators' }, false],
    ['roles=a=b', { roles: ['a=b'] }, true],
  ];
  for (const [setting, claimed, operates] of claims)
    it(`is ${operates ? '' : 'not '}whose claims are ${JSON.stringify(claimed)}, with ${setting ?? 'no setting'}`, () =>
      expect(claimsOperator(claimed as Record<string, unknown>, setting)).to.equal(operates));
});
