import { expect } from 'chai';
import { type Failure, networkFailure, retryAfter } from './failure.ts';
import { defaultRetries, waitBeforeRetry } from './retry.ts';

const half = { ...defaultRetries, random: () => 0.5 };
const answered = (status: number, code = 'UNEXPECTED_ANSWER', retryAfterMs?: number): Failure => ({
  kind: 'answered',
  status,
  code,
  retryAfterMs,
});
const unsent: Failure = { kind: 'unsent', cause: undefined };
const lost: Failure = { kind: 'lost', cause: undefined, timedOut: false };

/** Whether there is another attempt: of what may be repeated, and of what may not. */
const table: [what: string, failure: Failure, repeatable: boolean, not: boolean][] = [
  ['a refused connection', unsent, true, true],
  ['a connection that broke', lost, true, false],
  ['an attempt that took too long', { ...lost, timedOut: true }, true, false],
  ['429 RATE_LIMITED', answered(429, 'RATE_LIMITED'), true, true],
  ['503 UNAVAILABLE', answered(503, 'UNAVAILABLE'), true, true],
  ['503 of a proxy', answered(503), true, false],
  ['502 of a proxy', answered(502), true, false],
  ['504 TIMEOUT', answered(504, 'TIMEOUT'), true, false],
  ['500 INTERNAL', answered(500, 'INTERNAL'), false, false],
  ['501', answered(501), false, false],
  ['400 VALIDATION_FAILED', answered(400, 'VALIDATION_FAILED'), false, false],
  ['401 UNAUTHENTICATED', answered(401, 'UNAUTHENTICATED'), false, false],
  ['409 INVALID_TRANSITION', answered(409, 'INVALID_TRANSITION'), false, false],
  ['412 VERSION_MISMATCH', answered(412, 'VERSION_MISMATCH'), false, false],
];

describe('whether a call is tried again', () => {
  for (const [what, failure, ...expected] of table) {
    it(`after ${what}: ${expected[0] ? (expected[1] ? 'yes' : 'if it may be repeated') : 'no'}`, () => {
      const again = [true, false].map((safe) => waitBeforeRetry({ safe, attempts: 1, failure }, half) !== undefined);
      expect(again).to.deep.equal(expected);
    });
  }

  it('is bounded', () => {
    const tries = (attempts: number) => waitBeforeRetry({ safe: true, attempts, failure: lost }, half);
    expect([1, 2, 3, 4].map(tries)).to.deep.equal([50, 100, 200, undefined]);
    expect(waitBeforeRetry({ safe: true, attempts: 1, failure: unsent }, { ...half, retries: 0 })).to.equal(undefined);
  });

  it('waits a random part of a time that doubles up to a bound', () => {
    const wait = (attempts: number, random: number) =>
      waitBeforeRetry(
        { safe: true, attempts, failure: lost },
        { retries: 20, baseMs: 10, capMs: 100, longestMs: 0, random: () => random },
      );
    expect([1, 2, 3, 4, 5, 20].map((attempts) => wait(attempts, 1))).to.deep.equal([10, 20, 40, 80, 100, 100]);
    expect(wait(20, 0)).to.equal(0);
    expect(wait(20, 0.25)).to.equal(25);
  });

  it('waits as long as it is asked to, and longer, but not for too long', () => {
    expect(waitBeforeRetry({ safe: true, attempts: 1, failure: answered(429, 'RATE_LIMITED', 3000) }, half)).to.equal(
      3050,
    );
    expect(waitBeforeRetry({ safe: true, attempts: 1, failure: answered(503, 'UNAVAILABLE', 30_001) }, half)).to.equal(
      undefined,
    );
  });
});

describe('Retry-After', () => {
  const of = (headers: Record<string, string>) => retryAfter(new Headers(headers));
  it('is read in seconds, and as a time beside the time of the answer', () => {
    expect(of({ 'Retry-After': '2' })).to.equal(2000);
    expect(of({ 'Retry-After': 'Wed, 21 Oct 2026 07:28:05 GMT', Date: 'Wed, 21 Oct 2026 07:28:00 GMT' })).to.equal(
      5000,
    );
    expect(of({ 'Retry-After': 'Wed, 21 Oct 2026 07:27:00 GMT', Date: 'Wed, 21 Oct 2026 07:28:00 GMT' })).to.equal(0);
  });
  it('is no wait when it is not there or makes no sense', () => {
    for (const headers of [
      {},
      { 'Retry-After': 'soon' },
      { 'Retry-After': '-1' },
      { 'Retry-After': 'Wed, 21 Oct 2026 07:28:05 GMT' },
    ])
      expect(of(headers)).to.equal(undefined);
  });
});

describe('what fetch threw', () => {
  const failed = (cause: object) => networkFailure(Object.assign(new TypeError('fetch failed'), { cause })).kind;
  it('tells when the request was surely not sent', () => {
    expect(failed({ code: 'ECONNREFUSED' })).to.equal('unsent');
    expect(failed({ errors: [{ code: 'ECONNREFUSED' }, { code: 'ENETUNREACH' }] })).to.equal('unsent');
  });
  it('is otherwise taken for a request that may have been carried out', () => {
    expect(failed({ code: 'ECONNRESET' })).to.equal('lost');
    expect(failed({ code: 'ECONNREFUSED', errors: [{ code: 'ECONNREFUSED' }, { code: 'ETIMEDOUT' }] })).to.equal(
      'lost',
    );
    expect(networkFailure(new TypeError('Failed to fetch')).kind).to.equal('lost');
    expect(networkFailure(undefined).kind).to.equal('lost');
  });
});
