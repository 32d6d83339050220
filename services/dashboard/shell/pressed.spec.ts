import { expect } from 'chai';
import { keyOf, pressed } from './pressed.ts';

const bind = (...keys: string[]) => keys.map((press) => ({ press, says: press, do: () => {} }));
const none = { ctrlKey: false, metaKey: false, altKey: false, isComposing: false };

describe('keys', () => {
  for (const [what, event, key] of [
    ['are the same with capitals lock', { ...none, key: 'J' }, 'j'],
    ['may need a shift', { ...none, key: '?' }, '?'],
    ['are left to the browser with Ctrl', { ...none, key: 'r', ctrlKey: true }, undefined],
    ['are left to the browser with the command key', { ...none, key: '1', metaKey: true }, undefined],
    ['are part of a word while it is composed', { ...none, key: 'h', isComposing: true }, undefined],
    ['are not the space bar, which scrolls and presses buttons', { ...none, key: ' ' }, undefined],
    ['are not Enter, which opens links', { ...none, key: 'Enter' }, undefined],
    ['may be Escape', { ...none, key: 'Escape' }, 'Escape'],
  ] as const)
    it(what, () => expect(keyOf(event)).to.equal(key));

  const bound = [bind('g i', 'g m', '/'), bind('i', 'j')];
  const press = (key: string, begun?: string) => {
    const { binding, begun: next } = pressed(key, begun, bound);
    return [binding?.press, next];
  };

  it('do what the view binds them to', () => expect(press('j')).to.deep.equal(['j', undefined]));
  it('do nothing that nobody bound', () => expect(press('x')).to.deep.equal([undefined, undefined]));
  it('may be two after each other', () => {
    expect(press('g')).to.deep.equal([undefined, 'g']);
    expect(press('i', 'g')).to.deep.equal(['g i', undefined]);
  });
  it('are single keys again when the second is another', () => expect(press('j', 'g')).to.deep.equal(['j', undefined]));
  it('are those of the view before those of the page', () => {
    const inner = bind('/');
    expect(pressed('/', undefined, [...bound, inner]).binding).to.equal(inner[0]);
  });
});
