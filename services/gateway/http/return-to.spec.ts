import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import { returnTo } from './return-to.ts';

const OURS = 'https://missions.example';

describe('where a browser goes after the sign-in', () => {
  const hosts = [
    ...[
      '//evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      '///evil.example',
      '/\t/evil.example',
      '/\n/evil.example',
    ],
    ...[
      'https:evil.example',
      'https://evil.example',
      'HTTPS://evil.example',
      'javascript:alert(1)',
      'data:text/html,x',
    ],
    ...['/%2fevil.example', '/%2Fevil.example', '/%5cevil.example', '/%252f%252fevil.example', '/%25255cevil.example'],
    ...['/%09/evil.example', '/%0d%0aSet-Cookie:x', '/a//evil.example', '/./%2Fevil.example', '/..//evil.example'],
    ...[`${OURS}/missions`, `${OURS}.evil.example/`, 'missions', '', '?a', '#a', ' /missions', `/${'a'.repeat(1_500)}`],
    ...['/@evil.example\\', '/\u0000', '/%00', '/.//evil.example', '/%2e%2e//evil.example', '/\u0085'],
  ];
  for (const text of hosts)
    it(`is never another host: ${JSON.stringify(text).slice(0, 50)}`, () => {
      expect(() => returnTo(text, OURS))
        .to.throw(Problem)
        .with.property('code', 'VALIDATION_FAILED');
    });

  for (const path of [
    '/',
    '/q/7',
    '/missions?tab=open&q=a%20b',
    '/missions/1#events',
    '/?next=https://a.example',
    '/a@b',
  ])
    it(`is a path of ours: ${path}`, () => {
      expect(returnTo(path, OURS)).to.equal(path);
      expect(new URL(returnTo(path, OURS), OURS).origin).to.equal(OURS);
    });
});
