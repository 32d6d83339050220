import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import { InTurn } from './in-turn.ts';

describe('the turns of conversations', () => {
  it('of one conversation run one after another in order, also after a failed turn', async () => {
    const inTurn = new InTurn();
    const began: string[] = [];
    const first = Promise.withResolvers<void>();
    const turns = [
      inTurn
        .run('a', async () => {
          began.push('one');
          await first.promise;
          throw new Error('failed');
        })
        .catch((error: Error) => error.message),
      inTurn.run('a', async () => void began.push('two')),
      inTurn.run('b', async () => void began.push('other')),
    ];
    await turns[2];
    expect(began).to.deep.equal(['one', 'other']);
    first.resolve();
    expect(await Promise.all(turns)).to.deep.equal(['failed', undefined, undefined]);
    expect(began).to.deep.equal(['one', 'other', 'two']);
  });

  it('are refused beyond the bound, and accepted again below it', async () => {
    const inTurn = new InTurn();
    const held = Promise.withResolvers<void>();
    const turns = Array.from({ length: 8 }, () =>
      inTurn.run('a', () => held.promise).catch((error: Problem) => error.code),
    );
    const others = Array.from({ length: 40 }, (_, at) =>
      inTurn.run(`b${at}`, () => held.promise).catch((error: Problem) => error.code),
    );
    held.resolve();
    const settled = [...(await Promise.all(turns)), ...(await Promise.all(others))];
    expect(settled.slice(0, 8).filter((one) => one === 'RATE_LIMITED')).to.have.length(3);
    expect(settled.slice(8).filter((one) => one === undefined)).to.have.length(27);
    expect(await inTurn.run('a', () => Promise.resolve('again'))).to.equal('again');
  });
});
