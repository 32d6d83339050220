import { expect } from 'chai';
import { absoluteTime, relativeTime } from './time.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');

describe('times on the page', () => {
  for (const [time, text] of [
    ['2026-11-29T12:00:20Z', 'now'],
    ['2026-11-29T12:01:00Z', 'in 1 minute'],
    ['2026-11-29T11:01:00Z', '59 minutes ago'],
    ['2026-11-29T15:30:00Z', 'in 3 hours'],
    ['2026-11-28T11:59:00Z', 'yesterday'],
    ['2026-12-06T12:00:00Z', 'next week'],
    ['2026-09-15T12:00:00Z', '2 months ago'],
    ['2024-11-01T12:00:00Z', '2 years ago'],
  ] as const)
    it(`${time} is ${text}`, () => expect(relativeTime(time, NOW, 'en')).to.equal(text));

  it('are shown in the zone of the user, also with half hours and beside a change of the clocks', () => {
    expect(absoluteTime('2026-11-29T12:00:00Z', { locale: 'en-GB', zone: 'Asia/Kolkata' })).to.equal(
      '29 Nov 2026, 17:30',
    );
    expect(absoluteTime('2026-10-25T00:30:00Z', { locale: 'en-GB', zone: 'Europe/Berlin' })).to.equal(
      '25 Oct 2026, 02:30',
    );
    expect(absoluteTime('2026-10-25T01:30:00Z', { locale: 'en-GB', zone: 'Europe/Berlin' })).to.equal(
      '25 Oct 2026, 02:30',
    );
  });
});
