import { expect } from 'chai';
import { putOffChoices } from './choices.ts';

const choices = (now: string, zone: string) =>
  putOffChoices(Date.parse(now), zone).map(({ name, until }) => `${name} ${until.slice(0, 16)}`);

describe('an item can be put off', () => {
  const cases: [when: string, now: string, zone: string, expected: string[]][] = [
    [
      'on a Wednesday morning to four times',
      '2026-11-25T08:00:00Z',
      'Europe/Berlin',
      [
        'In an hour 2026-11-25T09:00',
        'This evening 2026-11-25T17:00',
        'Tomorrow morning 2026-11-26T08:00',
        'On Monday morning 2026-11-30T08:00',
      ],
    ],
    [
      'late in the evening to no evening that is over',
      '2026-11-25T20:00:00Z',
      'Europe/Berlin',
      ['In an hour 2026-11-25T21:00', 'Tomorrow morning 2026-11-26T08:00', 'On Monday morning 2026-11-30T08:00'],
    ],
    [
      'on a Sunday to one Monday',
      '2026-11-29T10:00:00Z',
      'UTC',
      ['In an hour 2026-11-29T11:00', 'This evening 2026-11-29T18:00', 'Tomorrow morning 2026-11-30T09:00'],
    ],
    [
      'on a Monday to the next one',
      '2026-11-30T10:00:00Z',
      'Asia/Kolkata',
      [
        'In an hour 2026-11-30T11:00',
        'This evening 2026-11-30T12:30',
        'Tomorrow morning 2026-12-01T03:30',
        'On Monday morning 2026-12-07T03:30',
      ],
    ],
    [
      'beside a change of the clocks to the morning of the new ones',
      '2026-10-24T17:30:00Z',
      'Europe/Berlin',
      ['In an hour 2026-10-24T18:30', 'Tomorrow morning 2026-10-25T08:00', 'On Monday morning 2026-10-26T08:00'],
    ],
  ];
  for (const [when, now, zone, expected] of cases) it(when, () => expect(choices(now, zone)).to.deep.equal(expected));
});
