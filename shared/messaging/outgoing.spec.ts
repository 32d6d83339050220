import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { createLogger } from '@missions/runtime/logger.ts';
import { Outgoing } from './outgoing.ts';

describe('the messages that leave a process', () => {
  let outgoing: Outgoing;
  let sent: string[];
  const add = (message: string) => outgoing.add(() => void sent.push(message));
  beforeEach(() => {
    outgoing = new Outgoing(createLogger({ service: 'test', level: 'silent' }));
    sent = [];
  });

  it('are kept until the end of the turn, and keep their order', async () => {
    add('a reply');
    await Promise.resolve().then(() => add('a hint'));
    expect(sent).to.deep.equal([]);
    await turn();
    expect(sent).to.deep.equal(['a reply', 'a hint']);
  });

  it('leave at once when they are flushed, and not again', async () => {
    add('an acknowledgement');
    outgoing.flush();
    expect(sent).to.deep.equal(['an acknowledgement']);
    await turn();
    expect(sent).to.have.length(1);
  });

  it('leave although one of them is refused', async () => {
    outgoing.add(() => {
      throw new Error('maximum payload exceeded');
    });
    add('a reply');
    await turn();
    expect(sent).to.deep.equal(['a reply']);
  });
});
