import { expect } from 'chai';
import { given } from './testing/fixtures.ts';
import { aMission, system } from './testing/sample.ts';

describe('a question whose user can be told on no channel', () => {
  const question = { request_id: '018f0000-0000-7000-8000-00000000000a', prompt: 'Which shade?' };

  it('says so in the history, where nobody takes the silence for a refusal', () => {
    const open = { ...question, ended: false, expires_at: '2027-01-01T00:00:00.000Z' };
    const { changes } = given(aMission()).when({ type: 'LogUnreachable', question: open }, system).thenMoved();
    expect(changes).to.have.length(1);
    expect(changes[0]).to.include({ kind: 'logged', title: 'The user is unreachable: "Which shade?"' });
    expect(changes[0]?.metadata).to.deep.include({ unreachable: true, request_id: question.request_id, channels: [] });
  });

  it('says so of one that has ended, also in the history of a mission that has', () => {
    const { changes } = given(aMission({ cancelled: true }))
      .when({ type: 'LogUnreachable', question: { ...question, ended: true, expires_at: null } }, system)
      .thenMoved();
    expect(changes[0]?.content).to.contain('has ended without an answer');
  });
});
