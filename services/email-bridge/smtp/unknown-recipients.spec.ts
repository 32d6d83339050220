import { expect } from 'chai';
import { UnknownRecipients } from './unknown-recipients.ts';

describe('unknown recipients', () => {
  const unknown = () => new UnknownRecipients({ limit: 2, windowMs: 60_000 });

  it('are counted for each IPv4 address, and for the /64 of an IPv6 address', () => {
    const counted = unknown();
    for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8:0:1::5', '2001:db8:0:1:aaaa:bbbb:cccc:dddd', '::1'])
      counted.add(address);
    expect(['192.0.2.1', '192.0.2.2', '::1'].filter((one) => counted.hasTooMany(one))).to.deep.equal([]);
    expect(['2001:db8:0:1::9', '2001:db8:0:2::5'].map((one) => counted.hasTooMany(one))).to.deep.equal([true, false]);
    counted.add('192.0.2.1');
    expect(counted.hasTooMany('192.0.2.1')).to.equal(true);
  });

  it('are forgotten after their time, which begins with the first', () => {
    let now = 0;
    const counted = new UnknownRecipients({ limit: 2, windowMs: 60_000 }, () => now);
    counted.add('192.0.2.1');
    now = 59_999;
    counted.add('192.0.2.1');
    expect(counted.hasTooMany('192.0.2.1')).to.equal(true);
    now = 60_000;
    expect(counted.hasTooMany('192.0.2.1')).to.equal(false);
    counted.add('192.0.2.1');
    expect(counted.hasTooMany('192.0.2.1')).to.equal(false);
  });

  it('are forgotten of the oldest address when there are too many addresses', () => {
    const counted = unknown();
    for (let time = 0; time < 2; time++) counted.add('192.0.2.1');
    for (let n = 0; n < 10_000; n++) counted.add(`2001:db8:${n.toString(16)}::1`);
    expect(counted.hasTooMany('192.0.2.1')).to.equal(false);
  });
});
