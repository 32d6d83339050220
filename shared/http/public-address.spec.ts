import { expect } from 'chai';
import { isPublic, publicOnly, refusePrivateLiteral } from './public-address.ts';

describe('the addresses on the public internet', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'no address',
  ])
    it(`${address} is refused`, () => expect(isPublic(address)).to.equal(false));
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111'])
    it(`${address} is allowed`, () => expect(isPublic(address)).to.equal(true));

  it('a private address in place of a name is refused, with or without brackets', () => {
    for (const host of ['127.0.0.1', '[::1]', '::1'])
      expect(() => refusePrivateLiteral(host), host).to.throw('private address');
    for (const host of ['8.8.8.8', 'example.com', 'localhost.example.com', 'mylocalhost']) refusePrivateLiteral(host);
  });

  it('a name of this machine is refused before it is resolved', () => {
    for (const host of ['localhost', 'LOCALHOST', 'localhost.', 'any.localhost'])
      expect(() => refusePrivateLiteral(host), host).to.throw('private address');
  });

  it('a name that resolves to a private address is refused', async () => {
    const refused = await new Promise<Error | null>((resolve) => publicOnly('localhost', {}, resolve));
    expect(refused?.message).to.contain('private address');
  });
});
