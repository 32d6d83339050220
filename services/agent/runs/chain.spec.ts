import { expect } from 'chai';
import { callNames } from './chain.ts';

describe('the names of the calls of a run', () => {
  it('depend on the content of a call and on how many equal calls came before, not on member order', () => {
    const first = callNames('run-1');
    const one = first('add', { a: 1, b: [{ c: 2, d: 3 }] });
    const other = first('add', { a: 2 });
    const again = first('add', { b: [{ d: 3, c: 2 }], a: 1 });
    expect(new Set([one.idempotencyKey, other.idempotencyKey, again.idempotencyKey])).to.have.property('size', 3);
    expect(JSON.stringify(again.args)).to.equal(JSON.stringify(one.args));

    const next = callNames('run-1');
    expect(next('add', { a: 2 })).to.deep.equal(other);
    expect(next('add', { b: [{ d: 3, c: 2 }], a: 1 })).to.deep.equal(one);
    expect(next('add', { a: 1, b: [{ c: 2, d: 3 }] })).to.deep.equal(again);
    expect(next('drop', { a: 2 }).idempotencyKey).not.to.equal(other.idempotencyKey);
    expect(callNames('run-2')('add', { a: 2 }).idempotencyKey).not.to.equal(other.idempotencyKey);
  });

  it('are idempotency keys that the gateway accepts', () => {
    expect(
      callNames('01890000-0000-7000-8000-000000000000')('mission_add_task', 'x'.repeat(10_000)).idempotencyKey,
    ).to.match(/^[\x21-\x7e]{1,255}$/);
  });
});
