import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { keyCheck } from './keys.ts';

describe('the keys of those who chat', () => {
  const digest = createHash('sha256').update('hidden').digest('hex');
  const check = keyCheck(` plain , sha256:${digest.toUpperCase()},`);

  it('are configured as plain text or as digests', () => {
    for (const authorization of ['Bearer plain', 'bearer  plain ', 'Bearer hidden'])
      expect(() => check(authorization), authorization).not.to.throw();
  });

  it('match nothing else', () => {
    for (const authorization of [
      undefined,
      '',
      'plain',
      'Basic plain',
      'Bearer ',
      'Bearer plain,',
      `Bearer sha256:${digest}`,
      `Bearer ${digest}`,
      'Bearer plain hidden',
    ]) {
      expect(() => check(authorization), authorization)
        .to.throw()
        .with.property('code', 'UNAUTHENTICATED');
    }
    expect(() => keyCheck('')('Bearer ')).to.throw();
  });
});
