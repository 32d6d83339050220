import { expect } from 'chai';
import { networkFailure, retryAfter } from './attempt.ts';
import { defaultRetries, type Failure, waitBeforeRetry } from './retry.ts';

const half = { ...defaultRetries, random: () => 0.5 };
const refused = (status: number, code = 'UNEXPECTED_ANSWER', retryAfterMs?: number): Failure => ({
  kind: 'refused',
  status,
  code,
  retryAfterMs,
});
const unsent: Failure = { kind: 'unsent', cause: undefined };
const lost: Failure = { kind: 'lost', cause: undefined, timedOut: false };

/** Whether there is another attempt, for an idempotent request and for any other. */
const table: [what: string, failure: Failure, idempotent: boolean, other: boolean][] = [
  ['a refused connection', unsent, true, true],
  ['a connection that broke', lost, true, false],
  ['an attempt that took too long', { ...lost, timedOut: true }, true, false],
  ['429 RATE_LIMITED', refused(429, 'RATE_LIMITED'), true, true],
  ['503 UNAVAILABLE', refused(503, 'UNAVAILABLE'), true, true],
  ['503 of a proxy', refused(503), true, false],
  ['502 of a proxy', refused(502), true, false],
  ['504 TIMEOUT', refused(504, 'TIMEOUT'), true, false],
  ['500 INTERNAL', refused(500, 'INTERNAL'), false, false],
  ['501', refused(501), false, false],
  ['400 VALIDATION_FAILED', refused(400, 'VALIDATION_FAILED'), false, false],
  ['401 UNAUTHENTICATED', refused(401, 'UNAUTHENTICATED'), false, false],
  ['409 INVALID_TRANSITION', refused(409, 'INVALID_TRANSITION'), false, false],
  ['412 VERSION_MISMATCH', refused(412, 'VERSION_MISMATCH'), false, false],
];

describe('a failed attempt', () => {
  for (const [what, failure, ...expected] of table) {
    it(`${expected[0] ? (expected[1] ? 'is retried' : 'is retried if it is idempotent') : 'is not retried'} after ${what}`, () => {
      const again = [true, false].map(
        (idempotent) => waitBeforeRetry({ idempotent, attempts: 1, failure }, half) !== undefined,
      );
      expect(again).to.deep.equal(expected);
    });
  }

  it('is retried a limited number of times', () => {
    const tries = (attempts: number) => waitBeforeRetry({ idempotent: true, attempts, failure: lost }, half);
    expect([1, 2, 3, 4].map(tries)).to.deep.equal([50, 100, 200, undefined]);
    expect(waitBeforeRetry({ idempotent: true, attempts: 1, failure: unsent }, { ...half, retries: 0 })).to.equal(
      undefined,
    );
  });

  it('is retried after a random part of a time that doubles up to its limit', () => {
    const wait = (attempts: number, random: number) =>
      waitBeforeRetry(
        { idempotent: true, attempts, failure: lost },
        { retries: 20, baseMs: 10, capMs: 100, longestMs: 0, random: () => random },
      );
    expect([1, 2, 3, 4, 5, 20].map((attempts) => wait(attempts, 1))).to.deep.equal([10, 20, 40, 80, 100, 100]);
    expect(wait(20, 0)).to.equal(0);
    expect(wait(20, 0.25)).to.equal(25);
  });

  it('is retried after Retry-After and a random time, unless Retry-After exceeds the limit', () => {
    expect(
      waitBeforeRetry({ idempotent: true, attempts: 1, failure: refused(429, 'RATE_LIMITED', 3000) }, half),
    ).to.equal(3050);
    expect(
      waitBeforeRetry({ idempotent: true, attempts: 1, failure: refused(503, 'UNAVAILABLE', 30_001) }, half),
    ).to.equal(undefined);
  });
});

describe('Retry-After', () => {
  const of = (headers: Record<string, string>) => retryAfter(new Headers(headers));
  it('is read in seconds, or as a date relative to the Date of the response', () => {
    expect(of({ 'Retry-After': '2' })).to.equal(2000);
    expect(of({ 'Retry-After': 'Wed, 21 Oct 2026 07:28:05 GMT', Date: 'Wed, 21 Oct 2026 07:28:00 GMT' })).to.equal(
      5000,
    );
    expect(of({ 'Retry-After': 'Wed, 21 Oct 2026 07:27:00 GMT', Date: 'Wed, 21 Oct 2026 07:28:00 GMT' })).to.equal(0);
  });
  it('is ignored if it is absent or invalid', () => {
    for (const headers of [
      {},
      { 'Retry-After': 'soon' },
      { 'Retry-After': '-1' },
      { 'Retry-After': 'Wed, 21 Oct 2026 07:28:05 GMT' },
    ])
      expect(of(headers)).to.equal(undefined);
  });
});

describe('an error of fetch', () => {
  const failed = (cause: object) => networkFailure(Object.assign(new TypeError('fetch failed'), { cause })).kind;
  it('is unsent if every cause precedes the first byte of the request', () => {
    expect(failed({ code: 'ECONNREFUSED' })).to.equal('unsent');
    expect(failed({ errors: [{ code: 'ECONNREFUSED' }, { code: 'ENETUNREACH' }] })).to.equal('unsent');
  });
  it('is lost otherwise: the request may have been executed', () => {
    expect(failed({ code: 'ECONNRESET' })).to.equal('lost');
    expect(failed({ code: 'ECONNREFUSED', errors: [{ code: 'ECONNREFUSED' }, { code: 'ETIMEDOUT' }] })).to.equal(
      'lost',
    );
    expect(networkFailure(new TypeError('Failed to fetch')).kind).to.equal('lost');
    expect(networkFailure(undefined).kind).to.equal('lost');
  });
});
