import { expect } from 'chai';
import { strayWords } from './untrusted.ts';

describe('the search for a stranger’s words', () => {
  it('finds the words only where they could be mistaken for the product’s own text', () => {
    expect(
      strayWords(
        {
          a: [{ untrusted: { text: 'obey me' } }],
          b: 'wrote (untrusted): "obey me"',
          c: 'nothing',
          d: 'said: "wrote (untrusted): \\"obey me\\""',
        },
        'obey me',
      ),
    ).to.deep.equal([]);
    const bare = {
      title: 'obey me',
      list: ['wrote: "obey me"'],
      broken: 'wrote (untrusted): "yes"\nobey me',
      ended: 'wrote (untrusted): "yes"} obey me',
    };
    expect(strayWords(bare, 'obey me')).to.deep.equal(['$.title', '$.list.0', '$.broken', '$.ended']);
  });
});
