import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { PushDevice, PushDevices } from '@missions/contracts/notifier/devices.ts';
import { reachUser } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import {
  refusal,
  type ServiceUnderTest,
  startServiceUnderTest,
} from '@missions/service-kit/testing/service-under-test.ts';
import type { Context } from '../commands/context.ts';
import { notifier } from '../service.ts';
import { readDevices } from '../store/devices.ts';
import { BrowserKeys } from '../testing/push-service.ts';

const SECRET = 'a caller key of this spec alone';

describe('the devices of a user', function () {
  this.timeout(30_000);
  let service: ServiceUnderTest<Context>;
  const browser = new BrowserKeys();
  const copies: ServiceUnderTest<Context>[] = [];
  const copy = async (callerKey: string): Promise<ServiceUnderTest<Context>> => {
    const one = await startServiceUnderTest(notifier, {
      env: { CALLER_KEY: callerKey },
      databaseUrl: copies[0]?.databaseUrl,
    });
    copies.push(one);
    return one;
  };
  before(async () => (service = await copy(SECRET)));
  after(() => Promise.all(copies.map((one) => one.stop())));

  const endpoint = () => `https://push.example/${randomUUID()}`;
  const subscription = (over: object = {}) => ({
    endpoint: endpoint(),
    expirationTime: null,
    keys: { p256dh: browser.p256dh, auth: browser.auth },
    name: 'Firefox',
    ...over,
  });
  const as = (user_id: string, customer_id = 'acme'): { caller: Partial<Caller> } => ({
    caller: { user_id, customer_id },
  });
  const add = (user: string, body: object, customer?: string) =>
    service.request<PushDevice>('add_device', body, as(user, customer));
  const list = (user: string, customer?: string) => service.request<PushDevices>('devices', {}, as(user, customer));
  const idsOf = async (user: string, customer?: string) => (await list(user, customer)).devices.map(({ id }) => id);

  it('are listed to their user alone, with a name and times, and never with what they are reached by', async () => {
    const one = subscription({ name: 'My telephone' });
    const device = await add('ada', one);
    expect(device).to.include({ name: 'My telephone', last_used_at: null });
    const { devices, public_key } = await list('ada');
    expect(devices).to.deep.equal([device]);
    expect(Buffer.from(public_key ?? '', 'base64url')).to.have.length(65);
    for (const secret of [one.endpoint, browser.p256dh, browser.auth])
      expect(JSON.stringify([device, devices])).to.not.contain(secret);
    expect((await list('eve')).devices).to.deep.equal([]);
    expect((await list('ada', 'umbrella')).devices).to.deep.equal([]);
  });

  it('are channels that a question reaches their user on, until the last of them is removed', async () => {
    const reach = async () => (await service.request(reachUser.verb, {}, as('ben')))['channels'];
    expect(await reach()).to.deep.equal([]);
    const { id } = await add('ben', subscription());
    expect(await reach()).to.deep.equal(['push']);
    await service.request('remove_device', { device_id: id }, as('ben'));
    expect(await reach()).to.deep.equal([]);
  });

  it('are replaced by the same browser, under the same id', async () => {
    const one = subscription();
    const { id } = await add('cleo', one);
    const keys = { p256dh: new BrowserKeys().p256dh, auth: 'BTBZMqHH6r4Tts7J_aSIgg' };
    expect(await add('cleo', { ...one, keys, name: 'Renamed' })).to.include({ id, name: 'Renamed' });
    const [device, ...others] = await readDevices(autocommit(service.db), { customer_id: 'acme', user_id: 'cleo' });
    expect([device, others]).to.deep.equal([{ id, endpoint: one.endpoint, ...keys }, []]);
  });

  it('move with the browser to whoever registers it now, also when both do so at once', async () => {
    const one = subscription();
    const former = await add('dan', one);
    const { id } = await add('eli', one);
    expect(id).to.not.equal(former.id);
    expect([await idsOf('dan'), await idsOf('eli')]).to.deep.equal([[], [id]]);
    await Promise.all(['dan', 'eli', 'dan', 'eli'].map((user) => add(user, one)));
    expect([...(await idsOf('dan')), ...(await idsOf('eli'))]).to.have.length(1);
  });

  it('are at most twenty, also when all are added at once, and one is replaced all the same', async () => {
    const many = Array.from({ length: 25 }, () => subscription());
    const added = await Promise.allSettled(many.map((one) => add('fay', one)));
    expect(added.filter(({ status }) => status === 'fulfilled')).to.have.length(20);
    const { code, members } = await refusal(add('fay', subscription()));
    expect([code, members.errors?.[0]?.message]).to.deep.equal([
      'VALIDATION_FAILED',
      'you have 20 devices: remove one by DELETE before you add another',
    ]);
    const kept = many[added.findIndex(({ status }) => status === 'fulfilled')];
    expect(await add('fay', kept as object)).to.include({ name: 'Firefox' });
  });

  it('are removed by their user alone', async () => {
    const { id } = await add('gil', subscription());
    for (const [user, customer, device] of [
      ['eve', 'acme', id],
      ['gil', 'umbrella', id],
      ['gil', 'acme', randomUUID()],
      ['gil', 'acme', 'nonsense'],
    ] as const)
      expect(await refusal(service.request('remove_device', { device_id: device }, as(user, customer)))).to.include({
        code: 'NOT_FOUND',
      });
    expect(await idsOf('gil')).to.deep.equal([id]);
    await service.request('remove_device', { device_id: id.toUpperCase() }, as('gil'));
    expect(await idsOf('gil')).to.deep.equal([]);
  });

  for (const [what, wrong, path] of [
    ['an address that is not encrypted', { endpoint: 'http://push.example/1' }, '/endpoint'],
    ['this machine', { endpoint: 'https://localhost/1' }, '/endpoint'],
    ['this machine by its address', { endpoint: 'https://127.0.0.1/1' }, '/endpoint'],
    ['the network of this machine', { endpoint: 'https://10.0.0.1/1' }, '/endpoint'],
    ['the metadata of a cloud', { endpoint: 'https://169.254.169.254/latest' }, '/endpoint'],
    ['a private address in other words', { endpoint: 'https://[::ffff:10.0.0.1]/1' }, '/endpoint'],
    ['an address with a password', { endpoint: 'https://ada:x@push.example/1' }, '/endpoint'],
    ['another scheme', { endpoint: 'file:///etc/passwd' }, '/endpoint'],
    ['keys that are none', { keys: { p256dh: `B${'A'.repeat(86)}`, auth: 'a'.repeat(22) } }, '/keys/p256dh'],
  ] as const)
    it(`are refused with ${what}`, async () => {
      const { code, members } = await refusal(add('hal', subscription(wrong)));
      expect([code, members.errors?.[0]?.path]).to.deep.equal(['VALIDATION_FAILED', path]);
      expect(await idsOf('hal')).to.deep.equal([]);
    });

  it('subscribe with one key for all copies of the service, which outlives a change of its secret', async () => {
    const key = async (of: ServiceUnderTest<Context>) => (await of.request<PushDevices>('devices', {})).public_key;
    const first = await key(service);
    expect(await key(await copy(SECRET))).to.equal(first);
    expect(await key(await copy(`a new key of this spec, ${SECRET}`))).to.equal(first);
    expect(await key(await copy('a new key of this spec')), 'it was sealed anew').to.equal(first);
    const other = await copy('a key that was never told');
    expect(await other.request<PushDevices>('devices', {}))
      .to.include({ public_key: null })
      .and.to.have.property('why');
    expect(await refusal(other.request('add_device', subscription()))).to.include({ code: 'UNAVAILABLE' });
  });
});
