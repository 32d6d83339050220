import { expect } from 'chai';
import { Endpoint, pauseAfter, retryAfterIn } from './endpoint.ts';

describe('when a run that was not taken is pushed again', () => {
  it('the pause doubles from 1 s to 5 min, and jitter is only added', () => {
    const pauses = Array.from({ length: 11 }, (_, i) => pauseAfter(i + 1, undefined, 0));
    expect(pauses).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(pauseAfter(1_000, undefined, 1)).to.equal(360);
    expect(pauseAfter(1, 10, 0.5)).to.equal(11);
  });

  it('the agent’s Retry-After decides, as seconds or as a date, from 1 s to an hour', () => {
    const now = Date.parse('2026-06-01T12:00:00Z');
    expect(retryAfterIn('120', now)).to.equal(120);
    expect(retryAfterIn('Mon, 01 Jun 2026 12:00:30 GMT', now)).to.equal(30);
    expect(retryAfterIn('Mon, 01 Jun 2026 11:00:00 GMT', now)).to.equal(0);
    expect(retryAfterIn('soon', now)).to.equal(undefined);
    expect(retryAfterIn(undefined, now)).to.equal(undefined);
    expect([pauseAfter(5, 0, 0), pauseAfter(1, 120, 0), pauseAfter(1, 1e9, 0)]).to.deep.equal([1, 120, 3_600]);
  });
});

describe('an endpoint', () => {
  const unconnected = { connected: false };
  const refusing = { connected: true };
  let now: number;
  let endpoint: Endpoint;
  beforeEach(() => {
    now = 0;
    endpoint = new Endpoint(() => now);
  });

  it('that cannot be reached rests, then one run tries it, and all go out when that one was taken', () => {
    expect(endpoint.mayPost()).to.equal(true);
    expect(endpoint.notTaken(endpoint.begin(), unconnected, 0)).to.equal(1);
    now = 999;
    expect(endpoint.mayPost()).to.equal(false);
    now = 1_000;
    expect(endpoint.mayPost()).to.equal(true);
    const trying = endpoint.begin();
    expect(endpoint.mayPost()).to.equal(false);
    expect(endpoint.notTaken(trying, refusing, 0)).to.equal(2);
    now = 2_999;
    expect(endpoint.mayPost()).to.equal(false);
    now = 3_000;
    endpoint.begin();
    endpoint.taken();
    expect([endpoint.mayPost(), endpoint.failures]).to.deep.equal([true, 0]);
  });

  it('that does not take single runs takes the others; after five in a row it rests', () => {
    const refuse = () => endpoint.notTaken(endpoint.begin(), refusing, 0);
    for (let run = 0; run < 4; run++) refuse();
    expect(endpoint.mayPost()).to.equal(true);
    endpoint.taken();
    for (let run = 0; run < 4; run++) refuse();
    expect(endpoint.mayPost()).to.equal(true);
    refuse();
    expect(endpoint.mayPost()).to.equal(false);
  });

  it('counts posts that failed together once', () => {
    const together = Array.from({ length: 254 }, () => endpoint.begin());
    const pauses = together.map((begun) => endpoint.notTaken(begun, unconnected, 0));
    expect([pauses[0], new Set(pauses.slice(1)), endpoint.failures]).to.deep.equal([1, new Set([undefined]), 1]);
  });

  it('goes on to rest while a post that began before has not been answered', () => {
    const [first, second] = [endpoint.begin(), endpoint.begin()];
    endpoint.notTaken(first, unconnected, 0);
    now = 1_000;
    const trying = endpoint.begin();
    endpoint.notTaken(second, unconnected, 0);
    expect(endpoint.mayPost()).to.equal(false);
    expect(endpoint.notTaken(trying, { ...refusing, retryAfter: 7 }, 0)).to.equal(7);
  });
});
