import { expect } from 'chai';
import { dayOf, isZone, knownZone, momentOf, weekdayOf } from './zone.ts';

const at = (time: string): number => Date.parse(time);
const iso = (ms: number): string => new Date(ms).toISOString().replace('.000', '');

describe('clocks of zones', () => {
  it('show the day and its name where the reader is', () => {
    expect(dayOf(at('2026-06-01T22:30:00Z'), 'Asia/Kolkata')).to.equal('2026-06-02');
    expect(dayOf(at('2026-06-01T02:00:00Z'), 'America/Los_Angeles')).to.equal('2026-05-31');
    expect([weekdayOf('2026-06-01'), weekdayOf('2026-06-07')]).to.deep.equal(['mon', 'sun']);
    expect([isZone('Asia/Kathmandu'), isZone('Mars/Base')]).to.deep.equal([true, false]);
  });

  const moments: [zone: string, day: string, time: number, moment: string][] = [
    ['Asia/Kolkata', '2026-06-02', 7 * 60, '2026-06-02T01:30:00Z'],
    ['Asia/Kathmandu', '2026-06-02', 7 * 60, '2026-06-02T01:15:00Z'],
    ['Europe/Berlin', '2026-03-28', 150, '2026-03-28T01:30:00Z'],
    // The clock goes from 2:00 to 3:00: half past two is when it jumps.
    ['Europe/Berlin', '2026-03-29', 150, '2026-03-29T01:00:00Z'],
    // From 3:00 back to 2:00: the first half past two.
    ['Europe/Berlin', '2026-10-25', 150, '2026-10-25T00:30:00Z'],
    ['Europe/Berlin', '2026-10-26', 150, '2026-10-26T01:30:00Z'],
    ['America/New_York', '2026-03-08', 150, '2026-03-08T07:00:00Z'],
    ['America/New_York', '2026-11-01', 90, '2026-11-01T05:30:00Z'],
    // By half an hour, from 2:00 to 2:30 and back.
    ['Australia/Lord_Howe', '2026-10-04', 135, '2026-10-03T15:30:00Z'],
    ['Australia/Lord_Howe', '2026-04-05', 105, '2026-04-04T14:45:00Z'],
    // At midnight: the day begins at one.
    ['America/Santiago', '2026-09-06', 0, '2026-09-06T04:00:00Z'],
  ];
  for (const [zone, day, minutes, moment] of moments)
    it(`find minute ${minutes} of ${day} in ${zone}`, () => expect(iso(momentOf(day, minutes, zone))).to.equal(moment));

  for (const [zone, at, day] of [
    ['UTC', '2026-06-01T23:59:59.999Z', '2026-06-01'],
    ['Europe/Berlin', '2026-06-01T21:59:59.999Z', '2026-06-01'],
    ['Europe/Berlin', '2026-06-01T22:00:00.000Z', '2026-06-02'],
    ['Europe/Berlin', '2026-03-29T22:00:00.000Z', '2026-03-30'],
    ['Europe/Berlin', '2026-03-28T22:30:00.000Z', '2026-03-28'],
    ['Pacific/Kiritimati', '2026-06-01T10:00:00.000Z', '2026-06-02'],
    ['nowhere', '2026-06-01T23:00:00.000Z', '2026-06-01'],
  ] as const)
    it(`counts ${at} as the ${day} in ${zone}`, () => expect(dayOf(Date.parse(at), knownZone(zone))).to.equal(day));
});
