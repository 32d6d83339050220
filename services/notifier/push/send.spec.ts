import { expect } from 'chai';
import tls from 'node:tls';
import { selfSigned } from '@missions/email-bridge/testing/certificate.ts';
import type { Notice, PushMessage } from '../domain/notice.ts';
import { ada, aMission, aQuestion, everyNotice, ORIGIN } from '../testing/notices.ts';
import { BrowserKeys, PushService, senderOf } from '../testing/push-service.ts';
import type { PushContent } from './content.ts';
import { makePushKeys, openPushKeys, type PushKeys, sealPushKeys } from './keys.ts';
import { endpointTrouble, type PushSettings, pushSender } from './send.ts';
import { contactOf } from './token.ts';

const [question] = everyNotice() as [Notice];
const told = (notice: Notice, text = false): PushMessage => ({ kind: 'notice', notice, text });
const decided: PushMessage = { kind: 'decided', tag: 'question:7a3e1f5c', reader: ada, href: `${ORIGIN}/q/7a3e1f5c` };

describe('a push message', () => {
  let keys: PushKeys;
  let service: PushService;
  const certificate = selfSigned('localhost');
  const trusted = tls.getCACertificates('default');
  const browser = new BrowserKeys();
  const never = new AbortController().signal;
  const sender = (over: Partial<PushSettings> = {}) =>
    pushSender({ keys, contact: 'https://missions.example', allowPrivate: true, now: Date.now, ...over });
  const send = (message: PushMessage, over: Partial<PushSettings> = {}, lifetime = 3_600) =>
    sender(over).send(service.device(browser), message, lifetime, never);
  const shown = (index = 0): PushContent =>
    JSON.parse(browser.decrypt(service.pushed[index]?.body ?? Buffer.alloc(0))) as PushContent;

  before(async () => {
    tls.setDefaultCACertificates([...trusted, certificate.cert]);
    keys = await makePushKeys();
  });
  after(() => tls.setDefaultCACertificates([...trusted]));
  beforeEach(async () => {
    service = new PushService(certificate);
    await service.listen();
  });
  afterEach(() => service.close());

  it('is encrypted so that RFC 8291’s own example is read by the same browser', () => {
    const example = new BrowserKeys({
      privateKey: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    });
    const body =
      'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN';
    expect(example.decrypt(Buffer.from(body, 'base64url'))).to.equal('When I grow up, I want to be a watermelon');
  });

  it('has a title and a path for the device alone, and what is asked only where the user allows it', async () => {
    expect(await send(told(question))).to.deep.equal({ kind: 'sent' });
    expect(await send(told(question, true))).to.deep.equal({ kind: 'sent' });
    const title = 'Question: Hold the meeting of the board';
    const content = { title, path: '/q/7a3e1f5c', tag: 'question:7a3e1f5c' };
    expect(shown(0)).to.deep.equal(content);
    expect(shown(1)).to.deep.equal({ ...content, body: 'May I book the large room for three hours? It costs 120 €.' });
    expect(() => new BrowserKeys().decrypt(service.pushed[0]?.body ?? Buffer.alloc(0))).to.throw();
    const sizes = service.pushed.map(({ body }) => body.length);
    expect(new Set(sizes), 'the size says nothing').to.deep.equal(new Set([4096]));
  });

  it('says who sends it, to that push service alone and for less than a day (RFC 8292)', async () => {
    await send(told(question));
    const { key, claims } = await senderOf(service.pushed[0]!.headers, service.origin);
    expect(key).to.equal(keys.publicKey).and.to.equal(sender().publicKey);
    expect(claims.sub).to.equal('https://missions.example');
    expect((claims.exp ?? 0) - Date.now() / 1_000).to.be.within(3_600, 86_400);
    const elsewhere = await senderOf(service.pushed[0]!.headers, 'https://push.example').catch(String);
    expect(elsewhere).to.contain('aud');
  });

  it('has a token that is renewed before it ends', async () => {
    let now = Date.now();
    const one = sender({ now: () => now });
    for (const hours of [0, 5, 11]) {
      now += hours * 3_600_000;
      await one.send(service.device(browser), told(question), 60, never);
    }
    const tokens = service.pushed.map(({ headers }) => headers.authorization);
    expect(tokens[0]).to.equal(tokens[1]).and.to.not.equal(tokens[2]);
  });

  it('is one with all that is said of a question, so that what is decided replaces it', async () => {
    for (const message of [
      ...everyNotice()
        .slice(0, 3)
        .map((notice) => told(notice)),
      decided,
    ])
      await send(message);
    const topics = service.pushed.map(({ headers }) => headers['topic']);
    expect(new Set(topics).size).to.equal(1);
    expect(topics[0]).to.match(/^[A-Za-z0-9_-]{1,32}$/);
    expect(new Set(service.pushed.map((_, index) => shown(index).tag))).to.deep.equal(new Set(['question:7a3e1f5c']));
    expect(shown(3)).to.include({ decided: true, path: '/q/7a3e1f5c' });
    await send(told(everyNotice()[3]!));
    expect(service.pushed[4]?.headers['topic']).to.not.equal(topics[0]);
  });

  it('says how long it is of use, and how urgent it is', async () => {
    for (const lifetime of [0, 59.9, 1e9, -5]) await send(told(question), {}, lifetime);
    expect(service.pushed.map(({ headers }) => headers['ttl'])).to.deep.equal(['0', '59', '2419200', '0']);
    await send(told({ ...question, question: aQuestion({ urgency: 'low' }) } as Notice));
    expect(service.pushed.map(({ headers }) => headers['urgency'])).to.deep.equal([
      'high',
      'high',
      'high',
      'high',
      'low',
    ]);
  });

  for (const language of ['en', 'de'])
    it(`of every kind is read by the browser in ${language}, and fits`, async () => {
      for (const notice of everyNotice()) await send(told({ ...notice, reader: { ...ada, language } }, true));
      const contents = service.pushed.map((_, index) => shown(index));
      for (const { title, path } of contents) {
        expect(title).to.not.equal('');
        expect(path).to.match(/^\/(?!\/)/);
      }
      expect(contents).to.have.length(everyNotice().length);
    });

  it('takes neither more than fits nor an address elsewhere from what agents write', async () => {
    const long = '𝒲\u202e\u200b<b>"'.repeat(50_000);
    for (const href of [
      'https://evil.example//evil.example/x',
      '//evil.example',
      'javascript:alert(1)',
      '\\\\evil.example',
    ]) {
      await send(
        told({ ...question, question: aQuestion({ prompt: long, mission_title: long, href }) } as Notice, true),
      );
      expect(
        await send(told({ ...everyNotice()[3]!, mission: aMission({ title: long, text: long }) } as Notice, true)),
      ).to.include({
        kind: 'sent',
      });
    }
    for (const index of service.pushed.keys()) {
      const { path, title, body = '' } = shown(index);
      expect(path).to.match(/^\/(?![/\\])/);
      expect(title.length + body.length).to.be.below(500);
      expect(title + body).to.not.match(/\p{Cf}/u);
    }
  });

  for (const [status, kind] of [
    [201, 'sent'],
    [200, 'sent'],
    [404, 'gone'],
    [410, 'gone'],
    [429, 'later'],
    [500, 'later'],
    [503, 'later'],
    [400, 'refused'],
    [403, 'refused'],
    [413, 'refused'],
    [301, 'refused'],
    [307, 'refused'],
  ] as const)
    it(`is ${kind} if the push service answers ${status}, and it goes nowhere else`, async () => {
      service.status = status;
      service.answer = '{"reason":"BadJwtToken"}\u001b[31m';
      const result = await send(told(question));
      expect(result).to.include({ kind });
      if (result.kind !== 'sent') expect(result.reason).to.contain(String(status)).and.to.not.match(/\p{C}/u);
      if (status === 403) expect(result).to.have.property('reason').that.contains('BadJwtToken');
      expect(service.pushed).to.have.length(1);
    });

  it('is tried later if nobody answers, or nobody waits any more', async () => {
    const device = service.device(browser);
    service.close();
    expect(await sender().send(device, told(question), 60, never)).to.include({ kind: 'later' });
    const ended = AbortSignal.abort();
    expect(await sender().send(device, told(question), 60, ended)).to.include({ kind: 'later' });
  });

  it('is refused for a device whose keys are none', async () => {
    for (const wrong of [{ p256dh: 'AAAA' }, { auth: 'AAAA' }, { p256dh: Buffer.alloc(65, 4).toString('base64url') }]) {
      const device = { ...service.device(browser), ...wrong };
      expect(await sender().send(device, told(question), 60, never)).to.include({ kind: 'refused' });
    }
    expect(service.pushed).to.have.length(0);
  });

  it('is never sent into a private network, whatever the browser says, unless that is allowed', async () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]', '2130706433', '169.254.169.254', '10.0.0.1']) {
      const endpoint = service.origin.replace('localhost', host);
      const device = { ...service.device(browser), endpoint };
      const result = await sender({ allowPrivate: false }).send(device, told(question), 60, never);
      expect(result, host).to.include({ kind: 'refused' });
      expect((result as { reason: string }).reason, host).to.contain('private address');
    }
    expect(service.pushed).to.have.length(0);
  });
});

describe('the address of a device', () => {
  for (const [endpoint, allowPrivate, trouble] of [
    ['https://push.example/x', false, undefined],
    ['https://10.0.0.1/x', true, undefined],
    ['http://127.0.0.1:8080/x', true, undefined],
    ['http://[::1]:8080/x', true, undefined],
    ['http://127.0.0.1:8080/x', false, 'https'],
    ['http://push.example/x', true, 'https'],
    ['http://10.0.0.1/x', true, 'https'],
    ['https://10.0.0.1/x', false, 'private address'],
    ['https://[::ffff:10.0.0.1]/x', false, 'private address'],
    ['https://a:b@push.example/x', false, 'password'],
    ['ftp://push.example/x', true, 'https'],
    ['nonsense', true, 'https'],
  ] as const)
    it(`${endpoint}${allowPrivate ? ', with private ones allowed,' : ''} is ${trouble === undefined ? 'taken' : 'refused'}`, () => {
      const found = endpointTrouble(endpoint, allowPrivate);
      if (trouble === undefined) expect(found).to.equal(undefined);
      else expect(found).to.contain(trouble);
    });
});

describe('the keys that devices subscribe with', () => {
  it('are kept sealed, and opened with the secret of now or the one before', async () => {
    const keys = await makePushKeys();
    expect(Buffer.from(keys.publicKey, 'base64url')).to.have.length(65);
    const sealed = await sealPushKeys(keys, 'the first secret');
    expect(sealed).to.not.contain(keys.privateKey.d);
    expect(await openPushKeys(sealed, ['another', 'the first secret'])).to.deep.equal(keys);
    expect(await openPushKeys(sealed, ['another'])).to.equal(undefined);
    expect(await openPushKeys('broken', ['the first secret'])).to.equal(undefined);
  });

  it('name a contact of the product’s own address', () => {
    expect(contactOf('https://missions.example/')).to.equal('https://missions.example');
    expect(contactOf('http://127.0.0.1:8003')).to.equal('mailto:postmaster@127.0.0.1');
    expect(contactOf('http://[::1]:8003')).to.equal('mailto:postmaster@localhost');
  });
});
