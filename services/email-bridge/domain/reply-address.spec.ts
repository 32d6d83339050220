import { expect } from 'chai';
import { replyAddress, tokenOf } from './reply-address.ts';

const token = 'abcdefghijklmnopqrstuvwx27';

describe('a reply address', () => {
  it('is the mailbox with the token as its tag', () => {
    expect(replyAddress('reply@localhost', token)).to.equal(`reply+${token}@localhost`);
  });

  it('is recognized in any case', () => {
    expect(tokenOf('Reply@Example.com', `REPLY+${token.toUpperCase()}@example.COM`)).to.equal(token);
    expect(tokenOf('me@gmail.com', replyAddress('me@gmail.com', token))).to.equal(token);
  });

  for (const [title, address] of Object.entries({
    'another domain': `reply+${token}@example.org`,
    'a longer domain': `reply+${token}@example.com.evil.org`,
    'another mailbox': `replies+${token}@example.com`,
    'no tag': 'reply@example.com',
    'a short token': `reply+${token.slice(1)}@example.com`,
    'a token with a digit that no token has': `reply+${token.slice(1)}1@example.com`,
    'two tags': `reply+x+${token}@example.com`,
    'an empty text': '',
  })) {
    it(`is not ${title}`, () => {
      expect(tokenOf('reply@example.com', address)).to.equal(undefined);
    });
  }
});
