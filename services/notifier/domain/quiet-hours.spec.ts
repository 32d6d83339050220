import { expect } from 'chai';
import type { QuietHours } from '@missions/contracts/notifier/preferences.ts';
import { weekdays } from '@missions/contracts/zone.ts';
import { nextDigest } from './digest.ts';
import { quietTimes, quietUntil } from './quiet-hours.ts';

const at = (time: string): number => Date.parse(time);
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString().replace('.000', ''));
const nights = (from: string, to: string, days: QuietHours['weekdays'] = [...weekdays]): QuietHours => ({
  from,
  to,
  weekdays: days,
});

describe('quiet hours', () => {
  const cases: [what: string, now: string, quiet: QuietHours | null, zone: string, until: string | null][] = [
    ['are off', '2026-06-01T23:00:00Z', null, 'UTC', null],
    ['are off from and to the same time', '2026-06-01T23:00:00Z', nights('22:00', '22:00'), 'UTC', null],
    ['begin', '2026-06-01T22:00:00Z', nights('22:00', '07:00'), 'UTC', '2026-06-02T07:00:00Z'],
    ['last past midnight', '2026-06-02T06:59:59Z', nights('22:00', '07:00'), 'UTC', '2026-06-02T07:00:00Z'],
    ['end', '2026-06-02T07:00:00Z', nights('22:00', '07:00'), 'UTC', null],
    ['are of the day on which they begin', '2026-06-02T01:00:00Z', nights('22:00', '07:00', ['tue']), 'UTC', null],
    ['end after that day', '2026-06-03T01:00:00Z', nights('22:00', '07:00', ['tue']), 'UTC', '2026-06-03T07:00:00Z'],
    ['are within a day', '2026-06-02T12:30:00Z', nights('12:00', '13:00'), 'UTC', '2026-06-02T13:00:00Z'],
    ['are of the zone', '2026-06-01T17:00:00Z', nights('22:00', '07:00'), 'Asia/Kolkata', '2026-06-02T01:30:00Z'],
    ['are short in spring', '2026-03-28T23:30:00Z', nights('23:00', '06:00'), 'Europe/Berlin', '2026-03-29T04:00:00Z'],
    ['are long in autumn', '2026-10-25T00:30:00Z', nights('23:00', '06:00'), 'Europe/Berlin', '2026-10-25T05:00:00Z'],
    [
      'end where the clock jumps',
      '2026-03-29T00:30:00Z',
      nights('01:00', '02:30'),
      'Europe/Berlin',
      '2026-03-29T01:00:00Z',
    ],
    ['do not begin again', '2026-10-25T01:10:00Z', nights('01:00', '02:30'), 'Europe/Berlin', null],
    ['that the clock jumps over are none', '2026-03-29T01:00:00Z', nights('02:00', '02:59'), 'Europe/Berlin', null],
  ];
  for (const [what, now, quiet, zone, until] of cases)
    it(what, () => expect(iso(quietUntil(at(now), quiet, zone))).to.equal(until));
});

describe('quiet hours to come', () => {
  const times = (now: string, days: number, quiet: QuietHours | null, zone = 'UTC') =>
    quietTimes(at(now), days, quiet, zone).map(({ from, until }) => `${iso(from)} ${iso(until)}`);

  it('are those of the night that is now and of the nights after it', () =>
    expect(times('2026-06-02T01:00:00Z', 1, nights('22:00', '07:00'))).to.deep.equal([
      '2026-06-01T22:00:00Z 2026-06-02T07:00:00Z',
      '2026-06-02T22:00:00Z 2026-06-03T07:00:00Z',
      '2026-06-03T22:00:00Z 2026-06-04T07:00:00Z',
    ]));

  it('are on their weekdays only, and none where there are none', () => {
    expect(times('2026-06-01T08:00:00Z', 2, nights('22:00', '07:00', ['tue']))).to.deep.equal([
      '2026-06-02T22:00:00Z 2026-06-03T07:00:00Z',
    ]);
    expect(times('2026-06-01T08:00:00Z', 3, null)).to.deep.equal([]);
  });
});

describe('the digest', () => {
  const cases: [what: string, now: string, hour: number, zone: string, last: string | null, next: string][] = [
    ['comes today', '2026-06-01T05:00:00Z', 7, 'UTC', null, '2026-06-01T07:00:00Z'],
    ['comes tomorrow when the hour is over', '2026-06-01T08:00:00Z', 7, 'UTC', null, '2026-06-02T07:00:00Z'],
    ['comes once a day', '2026-06-01T06:59:00Z', 7, 'UTC', '2026-06-01', '2026-06-02T07:00:00Z'],
    [
      'comes once a day in a zone further west',
      '2026-06-01T08:00:00Z',
      7,
      'Pacific/Honolulu',
      '2026-06-01',
      '2026-06-02T17:00:00Z',
    ],
    ['comes at half hours of the world', '2026-06-01T00:00:00Z', 7, 'Asia/Kolkata', null, '2026-06-01T01:30:00Z'],
    [
      'comes in spring though its hour does not',
      '2026-03-28T12:00:00Z',
      2,
      'Europe/Berlin',
      '2026-03-28',
      '2026-03-29T01:00:00Z',
    ],
    [
      'comes once in autumn though its hour comes twice',
      '2026-10-25T00:10:00Z',
      2,
      'Europe/Berlin',
      '2026-10-25',
      '2026-10-26T01:00:00Z',
    ],
  ];
  for (const [what, now, hour, zone, last, next] of cases)
    it(what, () => expect(iso(nextDigest(at(now), hour, zone, last))).to.equal(next));
});
