import { expect } from 'chai';
import { type PublicationObservations, violations } from './publication-check.ts';
import type { StreamEntry } from './stream-recorder.ts';

const entry = (sequence: number, connection: number): StreamEntry => ({
  id: `e${sequence}`,
  mission_id: 'm1',
  sequence,
  created_at: '2026-06-01T12:00:00.000Z',
  connection,
});

/** A run without faults: two entries, which a second connection showed again. */
const good = (): PublicationObservations => ({
  committed: [
    { id: 'v1', stream: 'MISSION' },
    { id: 'v2', stream: 'EMAIL' },
  ],
  stored: new Map([
    ['MISSION', new Set(['v1'])],
    ['EMAIL', new Set(['v2'])],
  ]),
  ordered: [],
  history: [
    { id: 'e1', mission_id: 'm1' },
    { id: 'e2', mission_id: 'm1' },
  ],
  shown: [entry(1, 1), entry(2, 1), entry(1, 2), entry(2, 2)],
  deadLetters: 0,
});

describe('the check of events and stream entries after faults', () => {
  it('reports nothing if everything was published, in order', () => {
    expect(violations(good())).to.deep.equal([]);
  });

  const faults: [string, (it: PublicationObservations) => Partial<PublicationObservations>, RegExp][] = [
    ['an event that was not published', () => ({ stored: new Map() }), /v1 was committed and is not in MISSION/],
    ['an event that was made up', (it) => ({ committed: it.committed.slice(1) }), /v1 is in MISSION and was never/],
    ['an entry that was not shown', (it) => ({ shown: it.shown.slice(0, 1) }), /entry e2 never reached/],
    ['an entry that was made up', (it) => ({ history: it.history.slice(1) }), /showed entry e1, which is nowhere/],
    [
      'an entry that one connection showed twice',
      (it) => ({ shown: [...it.shown, entry(2, 2)] }),
      /connection 2 showed entry e2 twice/,
    ],
    ['entries out of order', (it) => ({ shown: it.shown.toReversed() }), /entry 1 .* was shown after entry 2/],
    ['dead letters', () => ({ deadLetters: 2 }), /2 events became dead letters/],
  ];
  for (const [what, change, message] of faults) {
    it(`finds ${what}`, () => {
      const it = good();
      expect(violations({ ...it, ...change(it) }).join('\n')).to.match(message);
    });
  }
});
