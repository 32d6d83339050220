import { expect } from 'chai';
import { Problem } from '../errors.ts';
import { parser } from '../schema.ts';
import { NewDevice, PushDevices } from './devices.ts';
import { defaultPreferences, Preferences, PreferencesPatch } from './preferences.ts';

describe('preferences of notifications', () => {
  const patch = parser(PreferencesPatch);

  it('are whole by default, and tell on every channel', () => {
    expect(parser(Preferences)(structuredClone(defaultPreferences))).to.deep.equal(defaultPreferences);
  });

  it('are changed member by member, down to one channel of one topic', () => {
    for (const body of [
      { digest_hour: 7 },
      { quiet_hours: { from: '22:30', to: '07:00', weekdays: ['mon', 'sun'] } },
      { quiet_hours: null },
      { channels: { stale: { mail: false } } },
    ])
      expect(patch(structuredClone(body))).to.deep.equal(body);
  });

  it('refuse a time that is none, a day twice, a topic that does not exist, and nothing at all', () => {
    for (const body of [
      { quiet_hours: { from: '24:00', to: '07:00', weekdays: ['mon'] } },
      { quiet_hours: { from: '22:00', to: '07:00', weekdays: ['mon', 'mon'] } },
      { quiet_hours: { from: '22:00', to: '07:00', weekdays: [] } },
      { channels: { gossip: { mail: true } } },
      { digest_hour: 24 },
      {},
    ])
      expect(() => patch(body), JSON.stringify(body)).to.throw(Problem);
  });
});

describe('a device', () => {
  const keys = { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) };
  const device = parser(NewDevice);

  it('is a subscription as the browser gives it', () => {
    const given = { endpoint: 'https://push.example/1', expirationTime: null, keys };
    expect(device(structuredClone(given))).to.deep.equal(given);
    expect(parser(PushDevices)({ devices: [], public_key: null, why: 'no domain' })).to.have.property('why');
  });

  it('is refused with what is no address of the web, or with keys of another form', () => {
    for (const wrong of [
      { endpoint: 'ftp://push.example/1', keys },
      { endpoint: `https://push.example/${'1'.repeat(2_000)}`, keys },
      { endpoint: 'https://push.example/1', keys: { ...keys, auth: 'short' } },
      { endpoint: 'https://push.example/1' },
    ])
      expect(() => device(wrong)).to.throw(Problem);
  });
});
