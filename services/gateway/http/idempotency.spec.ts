import type { Context } from 'koa';
import { expect } from 'chai';
import type { Caller } from '@missions/contracts/request.ts';
import { idempotencyOf } from './idempotency.ts';

const agent = (credential: string, agent_id = 'worker'): Caller => ({
  kind: 'agent',
  credential,
  customer_id: 'default',
  user_id: 'ada',
  agent_id,
});
const keyed = (caller: Caller, body = '{}') => {
  const req = { headers: { 'idempotency-key': 'k' } };
  const ctx = { req, method: 'POST', path: '/missions', state: { body: JSON.parse(body) as unknown } };
  return idempotencyOf(ctx as unknown as Context, caller);
};
const hashOf = (body: string) => keyed(agent('key:1'), body)?.hash;

describe('the scope of an idempotency key', () => {
  it('is the agent, whichever of its keys it calls with', () => {
    expect(keyed(agent('key:1'))?.scope).to.equal(keyed(agent('key:2'))?.scope);
    expect(keyed(agent('key:1'))?.scope).not.to.equal(keyed(agent('key:1', 'other'))?.scope);
  });

  it('is no other caller’s, though that caller has the agent’s name', () => {
    const others = ['service', 'user:worker', 'agent:worker', 'worker'].map(
      (credential) => keyed({ ...agent(credential), kind: 'service' })?.scope,
    );
    expect(others).not.to.include(keyed(agent('key:1'))?.scope);
  });
});

describe('the body under an idempotency key', () => {
  it('is the same with its members in another order and its numbers written otherwise', () => {
    const written = hashOf('{"title":"A","metadata":{"1":[{"a":1,"b":{"c":10,"d":null}}],"x":0}}');
    for (const body of [
      '{"metadata":{"x":-0,"1":[{"b":{"d":null,"c":1e1},"a":1.0}]},"title":"\\u0041"}',
      '{ "title": "A", "metadata": { "x": 0.0, "1": [ { "a": 1, "b": { "d": null, "c": 10 } } ] } }',
    ])
      expect(hashOf(body), body).to.equal(written);
  });

  it('is another with another value, another order of a list, or a list in place of an object', () => {
    const bodies = [
      '{"a":[1,2]}',
      '{"a":[2,1]}',
      '{"a":["1",2]}',
      '{"a":{"0":1,"1":2}}',
      '{"a":[["0",1],["1",2]]}',
      '{"a":{"members":[["0",1],["1",2]]}}',
      '{"__proto__":{"a":[1,2]}}',
      '{}',
    ];
    expect(new Set(bodies.map(hashOf)).size).to.equal(bodies.length);
  });
});
