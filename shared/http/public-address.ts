import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses that are not on the public internet: this host, its network, its cloud's metadata service, and reserved
 * ranges (RFC 6890 and its registries).
 */
const closed = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  closed.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2001::', 32],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
] as const)
  closed.addSubnet(net, prefix, 'ipv6');

/**
 * On the internet only 2000::/3 of IPv6 is in use. IPv4 addresses inside IPv6 (mapped, translated, tunnelled) are
 * refused with the rest.
 */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !closed.check(address, 'ipv4');
  return family === 6 && global6.check(address, 'ipv6') && !closed.check(address, 'ipv6');
}

export class PrivateAddress extends Error {
  constructor(host: string) {
    super(`${host} is a private address`);
    this.name = 'PrivateAddress';
  }
}

/**
 * Resolves a name for one connection and answers only public addresses. The connection uses the checked addresses
 * themselves, so that a name that resolves to another address a moment later (DNS rebinding) gains nothing. One private
 * address among several refuses the name.
 */
export const publicOnly: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => !isPublic(address)))
      return callback(new PrivateAddress(hostname), '', 0);
    if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/**
 * For a URL with an address in place of a name, which is never resolved, and for the names of this machine (RFC 6761).
 * @throws {PrivateAddress}
 */
export function refusePrivateLiteral(hostname: string): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  const isThisMachine = /(^|\.)localhost\.?$/i.test(hostname);
  if (isThisMachine || (isIP(address) && !isPublic(address))) throw new PrivateAddress(hostname);
}
