import { expect } from 'chai';
import { type DeliveryObservations, violations } from './delivery-check.ts';

const entry = (id: string, sequence: number, content = '') => ({ id, sequence, content });
const event = (id: string, version: number, index = 0) => ({ id, missionId: 'm', version, index });

const sound = {
  acknowledged: [{ missionId: 'm', marks: ['a', 'b'] }],
  history: new Map([['m', [entry('1', 1), entry('2', 2, 'a'), entry('3', 3, 'b')]]]),
  stream: [event('1', 1), event('2', 2), event('3', 3), event('2', 2)],
  effects: ['2', '1', '3'],
} satisfies DeliveryObservations;

const without = <T>(all: readonly T[], at: number): T[] => all.filter((_, i) => i !== at);

describe('the check of deliveries after kills', () => {
  it('accepts effects in any order and a repetition in the stream', () => {
    expect(violations(sound)).to.deep.equal([]);
  });

  const faults: [what: string, observations: Partial<DeliveryObservations>, found: RegExp][] = [
    ['a lost mission', { acknowledged: [{ missionId: 'x', marks: [] }] }, /mission x was acknowledged and is lost/],
    [
      'a lost write',
      { acknowledged: [{ missionId: 'm', marks: ['c'] }] },
      /c was acknowledged once and is there 0 times/,
    ],
    [
      'a doubled write',
      { history: new Map([['m', [...sound.history.get('m')!, entry('4', 4, 'b')]]]) },
      /b was acknowledged once and is there 2 times/,
    ],
    [
      'a gap in the history',
      { history: new Map([['m', [entry('1', 1), entry('2', 2, 'a'), entry('3', 4, 'b')]]]) },
      /has a gap/,
    ],
    [
      'an event that was never published',
      { stream: without(without(sound.stream, 3), 1) },
      /event 2 was committed and never published/,
    ],
    [
      'an event of a change that was rolled back',
      { stream: [...sound.stream, event('9', 4)] },
      /event 9 was published and never committed/,
    ],
    ['events out of order', { stream: [event('1', 1), event('3', 3), event('2', 2)] }, /2\.0 was published after 3\.0/],
    [
      'events of one version out of order',
      { stream: [event('1', 1), event('3', 2, 1), event('2', 2, 0)] },
      /2\.0 was published after 2\.1/,
    ],
    ['a missing effect', { effects: without(sound.effects, 0) }, /event 2 had no effect/],
    ['a doubled effect', { effects: [...sound.effects, '2'] }, /event 2 had its effect 2 times/],
    [
      'an effect of an uncommitted event',
      { effects: [...sound.effects, '9'] },
      /event 9 had an effect and was never committed/,
    ],
  ];
  for (const [what, observations, found] of faults) {
    it(`finds ${what}`, () => {
      expect(violations({ ...sound, ...observations }).join('\n')).to.match(found);
    });
  }
});
