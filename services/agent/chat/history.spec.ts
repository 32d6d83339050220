import { expect } from 'chai';
import { History } from './history.ts';

const turn = (text: string, more = 0) => [
  { role: 'user', content: text } as const,
  ...Array.from({ length: more }, () => ({ role: 'assistant', content: 'yes' }) as const),
];
const texts = (history: History, user: string, conversation: string) =>
  history.of(user, conversation).map(({ content }) => content);

describe('the history of conversations', () => {
  it('belongs to one user and one conversation', () => {
    const history = new History();
    history.add('ada', 'a', turn('hers'));
    expect(texts(history, 'ada', 'a')).to.deep.equal(['hers']);
    expect(texts(history, 'ada', 'b')).to.deep.equal([]);
    expect(texts(history, 'eve', 'a')).to.deep.equal([]);
    // No pair of names can be read as another.
    history.add('ada","b', 'c', turn('forged'));
    expect(texts(history, 'ada', 'b","c')).to.deep.equal([]);
  });

  it('forgets whole turns, the oldest first', () => {
    const history = new History({ maxMessages: 5 });
    for (const name of ['one', 'two', 'three']) history.add('ada', 'a', turn(name, 1));
    expect(texts(history, 'ada', 'a')).to.deep.equal(['two', 'yes', 'three', 'yes']);
    history.add('ada', 'a', turn('too long to keep', 9));
    expect(texts(history, 'ada', 'a')).to.deep.equal([]);
  });

  it('is bounded in characters and in conversations, and forgets the longest silent one first', () => {
    const history = new History({ maxCharacters: 200, maxConversations: 2 });
    history.add('ada', 'a', turn('x'.repeat(120)));
    history.add('ada', 'a', turn('y'.repeat(120)));
    expect(texts(history, 'ada', 'a')).to.deep.equal(['y'.repeat(120)]);
    history.add('ada', 'b', turn('b'));
    history.add('ada', 'a', turn('a'));
    history.add('ada', 'c', turn('c'));
    expect(texts(history, 'ada', 'b')).to.deep.equal([]);
    expect(texts(history, 'ada', 'a')).to.include('a');
  });
});
