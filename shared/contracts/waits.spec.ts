import { expect } from 'chai';
import { readUnblocked } from './mission/event-readers.ts';
import { blockerKinds } from './mission/vocabulary.ts';
import {
  allRepliedSignalId,
  blockerKey,
  blockerReference,
  emailReplyKey,
  inputRequestKey,
  isOwnEcho,
  missionEndKey,
} from './waits.ts';

const ID = '01a2043a-9743-73e3-8a78-56d435e3c3a3';

describe('keys of waits', () => {
  it('are spelled kind:reference', () => {
    expect(inputRequestKey(ID)).to.equal(`human_input:${ID}`);
    expect(emailReplyKey(ID)).to.equal(`email_reply:${ID}`);
    expect(missionEndKey(ID)).to.equal(`mission:${ID}`);
    expect(allRepliedSignalId(ID)).to.equal(`all:${ID}`);
  });

  it('give back the reference of their own kind only, in lower case', () => {
    for (const kind of blockerKinds) {
      const key = blockerKey(kind, ID.toUpperCase());
      for (const other of blockerKinds)
        expect(blockerReference(other, key), `${key} as ${other}`).to.equal(other === kind ? ID : undefined);
    }
  });
});

describe('the end of a wait', () => {
  const isEcho = (key: string, resolution: object): boolean =>
    isOwnEcho(readUnblocked({ metadata: { key, resolution } }).metadata);

  it("is the approval service's own echo when the response ended it", () => {
    expect(isEcho(inputRequestKey(ID), { by: 'answer' })).to.equal(true);
    for (const by of ['cancelled', 'hand', 'timeout', 'unreachable'])
      expect(isEcho(inputRequestKey(ID), { by }), by).to.equal(false);
  });

  it("is the email-bridge's own echo when the signal of the last reply ended it", () => {
    const bySignal = (id: string) => ({ by: 'signal', signal: { id } });
    expect(isEcho(emailReplyKey(ID), bySignal(allRepliedSignalId(ID)))).to.equal(true);
    expect(isEcho(emailReplyKey(ID), bySignal('received'))).to.equal(false);
    expect(isEcho(emailReplyKey(ID), bySignal(allRepliedSignalId('another')))).to.equal(false);
    expect(isEcho(emailReplyKey(ID), { by: 'cancelled' })).to.equal(false);
  });

  it('is no echo for a service that does not serve waits of its kind', () => {
    expect(isEcho(emailReplyKey(ID), { by: 'answer' })).to.equal(false);
    expect(isEcho(inputRequestKey(ID), { by: 'signal', signal: { id: allRepliedSignalId(ID) } })).to.equal(false);
  });
});
