import { expect } from 'chai';
import { returnTo } from './ways.ts';

const origin = 'https://missions.example.com';

describe('where signing in leads', () => {
  for (const [pathname, search, to] of [
    ['/sign-in', '', '/'],
    ['/sign-in', '?return_to=%2Fq%2F1', '/q/1'],
    ['/sign-in', '?return_to=%2Fmissions%3Ftab%3Ddone', '/missions?tab=done'],
    ['/sign-in', '?return_to=%2F%2Fevil.example', '/'],
    ['/sign-in', '?return_to=%2F%5Cevil.example', '/'],
    ['/sign-in', '?return_to=https%3A%2F%2Fevil.example', '/'],
    ['/sign-in', '?return_to=javascript%3Aalert(1)', '/'],
    ['/sign-in', '?return_to=%2Fsign-in', '/'],
    ['/missions', '?q=a', '/missions?q=a'],
  ] as const)
    it(`from ${pathname}${search} to ${to}`, () => expect(returnTo({ pathname, search, origin })).to.equal(to));
});
