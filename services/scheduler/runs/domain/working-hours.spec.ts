import { expect } from 'chai';
import { isZone, type Weekday, weekdays } from '@missions/contracts/zone.ts';
import { hoursAt } from './working-hours.ts';

type Row = [what: string, now: string, hours: string, days: readonly Weekday[], zone: string, from: string, to: string];

const WEEK: readonly Weekday[] = weekdays.slice(0, 5);
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

describe('the hours in which runs are offered', () => {
  const rows: Row[] = [
    ['come today', '2026-06-01T05:00', '09:00-17:00', WEEK, 'UTC', '2026-06-01T09:00', '2026-06-01T17:00'],
    ['are those that are now', '2026-06-01T09:00', '09:00-17:00', WEEK, 'UTC', '2026-06-01T09:00', '2026-06-01T17:00'],
    [
      'end with their last moment',
      '2026-06-01T17:00',
      '09:00-17:00',
      WEEK,
      'UTC',
      '2026-06-02T09:00',
      '2026-06-02T17:00',
    ],
    ['leave the weekend out', '2026-06-05T17:00', '09:00-17:00', WEEK, 'UTC', '2026-06-08T09:00', '2026-06-08T17:00'],
    ['go on over midnight', '2026-06-02T01:00', '22:00-06:00', ['mon'], 'UTC', '2026-06-01T22:00', '2026-06-02T06:00'],
    [
      'begin on their weekday',
      '2026-06-03T01:00',
      '22:00-06:00',
      ['mon'],
      'UTC',
      '2026-06-08T22:00',
      '2026-06-09T06:00',
    ],
    [
      'are of the zone',
      '2026-06-01T20:00',
      '22:00-06:00',
      ['tue'],
      'Asia/Tokyo',
      '2026-06-02T13:00',
      '2026-06-02T21:00',
    ],
    [
      'are at half hours',
      '2026-06-01T00:00',
      '09:00-17:00',
      WEEK,
      'Asia/Kolkata',
      '2026-06-01T03:30',
      '2026-06-01T11:30',
    ],
    [
      'are at quarters',
      '2026-06-01T00:00',
      '09:00-17:00',
      WEEK,
      'Asia/Kathmandu',
      '2026-06-01T03:15',
      '2026-06-01T11:15',
    ],
    [
      'are short in spring',
      '2026-03-29T00:00',
      '01:00-04:00',
      ['sun'],
      'Europe/Berlin',
      '2026-03-29T00:00',
      '2026-03-29T02:00',
    ],
    [
      'are long in autumn',
      '2026-10-24T22:00',
      '01:00-04:00',
      ['sun'],
      'Europe/Berlin',
      '2026-10-24T23:00',
      '2026-10-25T03:00',
    ],
    [
      'begin where the clock jumps',
      '2026-03-29T00:00',
      '02:30-05:00',
      ['sun'],
      'Europe/Berlin',
      '2026-03-29T01:00',
      '2026-03-29T03:00',
    ],
    [
      'that the clock jumps over are left out',
      '2026-03-29T00:00',
      '02:00-02:59',
      ['sun'],
      'Europe/Berlin',
      '2026-04-05T00:00',
      '2026-04-05T00:59',
    ],
    [
      'do not begin again',
      '2026-10-25T01:15',
      '02:00-03:00',
      ['sun'],
      'Europe/Berlin',
      '2026-10-25T00:00',
      '2026-10-25T02:00',
    ],
    [
      'move by half an hour',
      '2026-10-03T12:00',
      '09:00-17:00',
      ['sun'],
      'Australia/Lord_Howe',
      '2026-10-03T22:00',
      '2026-10-04T06:00',
    ],
    [
      'of equal times are the whole day',
      '2026-06-03T12:00',
      '00:00-00:00',
      ['wed'],
      'UTC',
      '2026-06-03T00:00',
      '2026-06-04T00:00',
    ],
    [
      'that follow each other are one',
      '2026-06-03T12:00',
      '00:00-00:00',
      WEEK,
      'UTC',
      '2026-06-03T00:00',
      '2026-06-06T00:00',
    ],
  ];
  for (const [what, now, times, days, zone, from, to] of rows)
    it(`${what} (${zone})`, () => {
      const [begin = '', end = ''] = times.split('-');
      const span = hoursAt(Date.parse(`${now}Z`), { from: begin, to: end, weekdays: [...days], zone });
      expect([iso(span.from), iso(span.until)]).to.deep.equal([from, to]);
    });

  it('are in sight from every hour of the year, in every zone', () => {
    const zones = ['Europe/Berlin', 'America/Santiago', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia'];
    expect(zones.every(isZone)).to.equal(true);
    for (const zone of zones)
      for (let at = Date.parse('2026-01-01T00:30:00Z'); at < Date.parse('2027-01-01T00:00:00Z'); at += 3_600_000) {
        const { from, until } = hoursAt(at, { from: '23:00', to: '01:30', weekdays: ['sat'], zone });
        expect(until, `${zone} ${iso(at)}`).to.be.greaterThan(at);
        expect(from, `${zone} ${iso(at)}`).to.be.lessThan(at + 8 * 86_400_000);
      }
  });
});
