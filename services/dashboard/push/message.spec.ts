import { expect } from 'chai';
import { messageIn, ownPath } from './message.ts';

describe('a push message in the browser', () => {
  it('is shown as the notifier has sent it', () => {
    const sent = { title: 'Question: Cerulean', path: '/q/1?choice=yes', tag: 'question:1' };
    expect(messageIn(sent)).to.deep.equal({ ...sent, body: '', decided: false });
    expect(messageIn({ ...sent, body: 'Which?', decided: true })).to.include({ body: 'Which?', decided: true });
  });

  for (const data of [undefined, null, 'text', 4, [], {}, { title: 4, path: {}, tag: null, decided: 'yes' }])
    it(`is shown though it is ${JSON.stringify(data)}, and opens the inbox`, () => {
      expect(messageIn(data)).to.deep.equal({
        title: 'Something waits for you',
        body: '',
        path: '/',
        tag: 'message',
        decided: false,
      });
    });

  for (const [path, opened] of [
    ['/missions/1', '/missions/1'],
    ['', '/'],
    ['https://evil.example/q/1', '/'],
    ['//evil.example/q/1', '/'],
    ['\\\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['data:text/html,x', '/'],
    ['/..//evil.example', '/evil.example'],
  ] as const)
    it(`opens ${opened} for ${JSON.stringify(path)}`, () => expect(ownPath(path)).to.equal(opened));
});
