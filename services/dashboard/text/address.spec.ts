import { expect } from 'chai';
import { asPath, isReadable } from './address.ts';

describe('addresses that somebody typed', () => {
  for (const [path, readable] of [
    ['/missions/1', true],
    ['/q/%D8%A7', true],
    ['/q/%', false],
    ['/missions/%ff', false],
    ['/%E0%A4%A', false],
  ] as const)
    it(`${path} ${readable ? 'can' : 'cannot'} be decoded`, () => expect(isReadable(path)).to.equal(readable));

  for (const [address, path] of [
    ['//nothing?x=1#y', '/nothing?x=1#y'],
    ['///', '/'],
    [String.raw`/\\evil.example/`, '/evil.example/'],
    ['/q//1', '/q//1'],
    ['/', '/'],
  ] as const)
    it(`${address} names no host`, () => expect(asPath(address)).to.equal(path));
});
