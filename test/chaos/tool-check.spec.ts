import { expect } from 'chai';
import { violations } from './tool-check.ts';
import type { ToolObservations } from './tool-observations.ts';

/** A run without faults, in which one call got no answer, and was carried out. */
const good = (): ToolObservations => ({
  played: [{ missionId: 'm1', requestId: 'q1', answer: 'yes', isDone: true }],
  writes: [
    { kind: 'mission', text: 'one', outcome: 'accepted' },
    { kind: 'note', text: 'two', outcome: 'accepted' },
    { kind: 'question', text: 'three?', outcome: 'unknown' },
    { kind: 'question', text: 'four?', outcome: 'accepted' },
    { kind: 'note', text: 'five', outcome: 'unknown' },
  ],
  missions: [{ id: 'm1', title: 'one', status: 'completed' }],
  notes: ['two'],
  questions: [
    { id: 'q0', prompt: 'three?', status: 'cancelled', text: null },
    { id: 'q1', prompt: 'four?', status: 'responded', text: 'yes' },
  ],
});

describe('the check of MCP calls after faults', () => {
  it('reports nothing if everything happened once, and what nobody knows of once or never', () => {
    expect(violations(good())).to.deep.equal([]);
  });

  const faults: [string, (it: ToolObservations) => Partial<ToolObservations>, RegExp][] = [
    ['a lost note', () => ({ notes: [] }), /"two" was accepted and is there 0 times/],
    ['a doubled note', () => ({ notes: ['two', 'two'] }), /"two" was accepted and is there 2 times/],
    [
      'an unknown call that happened twice',
      () => ({ notes: ['two', 'five', 'five'] }),
      /"five" was unknown .* 2 times/,
    ],
    ['a note that was made up', () => ({ notes: ['two', 'six'] }), /"six" is there, and no tool wrote it/],
    ['a lost mission', () => ({ missions: [] }), /m1 of tools: was completed and is lost/],
    [
      'a mission that is stuck',
      (it) => ({ missions: it.missions.map((one) => ({ ...one, status: 'waiting' })) }),
      /m1 of tools: was completed and is waiting/,
    ],
    [
      'an agent without answers',
      (it) => ({ played: it.played.map((one) => ({ ...one, isDone: false })) }),
      /m1 of tools: its agent got no answer/,
    ],
    [
      'an answer that is lost',
      (it) => ({ questions: it.questions.map((one) => ({ ...one, status: 'cancelled' })) }),
      /its question was answered and is cancelled/,
    ],
    [
      'another answer',
      (it) => ({ questions: it.questions.map((one) => ({ ...one, text: 'no' })) }),
      /"yes" was accepted and "no" is stored/,
    ],
    [
      'a question that outlives its mission',
      (it) => ({ questions: it.questions.map((one) => (one.id === 'q0' ? { ...one, status: 'pending' } : one)) }),
      /question q0 of tools is pending/,
    ],
  ];
  for (const [what, change, message] of faults) {
    it(`finds ${what}`, () => {
      const it = good();
      expect(violations({ ...it, ...change(it) }).join('\n')).to.match(message);
    });
  }
});
