import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import type { IncomingHttpHeaders } from 'node:http';
import type { Problem } from '@missions/contracts/errors.ts';
import { type Envelope, webhookSignature } from './webhook-signature.ts';

/** Signed by the reference implementation. */
const signed = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  body: '{"test": 2432232314}',
};
const plain = {
  secret: 'a plain secret of sixteen',
  headers: {
    'webhook-id': 'msg_1',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,pfazBfSm+ksnM/+HAeDLYG3UPBBkT8O6QennTpAlxNk=',
  },
  body: 'Subject: hé\r\n\r\nhello',
};
const at = (seconds: number) => () => seconds * 1000;

describe('the signature of a webhook', () => {
  const check = (
    { secret, headers, body }: { secret: string; headers: IncomingHttpHeaders; body: string | Uint8Array },
    now = 1_614_265_330,
    envelope: Envelope = { from: undefined, to: [] },
  ): string => {
    try {
      return webhookSignature(secret, at(now))(headers).verify(Buffer.from(body), envelope) ? 'whole' : 'good';
    } catch (error) {
      return (error as Problem).code;
    }
  };

  it('matches the reference implementation, with a secret of either form', () => {
    expect([check(signed), check(plain)]).to.deep.equal(['good', 'good']);
  });

  it('may be one of several while a secret is rotated', () => {
    const [good] = [signed.headers['webhook-signature']];
    for (const list of [`v1,AAAA ${good}`, `${good} v1a,x`])
      expect(check({ ...signed, headers: { ...signed.headers, 'webhook-signature': list } })).to.equal('good');
  });

  it('covers the bytes, the id, the time and the secret', () => {
    const wrong = [
      { ...signed, body: `${signed.body} ` },
      { ...signed, body: Buffer.from([0xff, 0xfe]) },
      { ...signed, secret: 'whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      { ...signed, headers: { ...signed.headers, 'webhook-id': 'msg_2' } },
      { ...signed, headers: { ...signed.headers, 'webhook-timestamp': '1614265331' } },
      {
        ...signed,
        headers: { ...signed.headers, 'webhook-signature': signed.headers['webhook-signature'].replace('v1,', 'v2,') },
      },
      { ...signed, headers: { ...signed.headers, 'webhook-signature': 'v1,' } },
    ];
    expect(wrong.map((one) => check(one))).to.deep.equal(wrong.map(() => 'UNAUTHENTICATED'));
  });

  describe('of the form v2', () => {
    const { secret } = plain;
    const headers = { 'webhook-id': 'msg_2', 'webhook-timestamp': '1614265330' };
    const body = 'From: a@x.example\nTo: b@x.example\n\nhello';
    const envelope = { from: '<sarah@example.com>', to: ['reply+a@hub.example', 'reply+b@hub.example'] };
    const content = 'v2.msg_2.1614265330.<sarah@example.com>\nreply+a@hub.example,reply+b@hub.example\n';
    const sign = (text: string) => createHmac('sha256', secret).update(text).digest('base64');
    const v2 = { secret, body, headers: { ...headers, 'webhook-signature': `v2,${sign(content + body)}` } };

    it('covers the recipients and the sender of the envelope', () => {
      expect(check(v2, undefined, envelope)).to.equal('whole');
      const others: Envelope[] = [
        { ...envelope, to: ['reply+c@hub.example'] },
        { ...envelope, to: envelope.to.toReversed() },
        { ...envelope, to: [] },
        { ...envelope, from: '<>' },
        { ...envelope, from: undefined },
      ];
      for (const other of others) expect(check(v2, undefined, other)).to.equal('UNAUTHENTICATED');
    });

    it('is none of the form v1, and the other way round', () => {
      const asBody = { ...v2, body: content.replace('v2.msg_2.1614265330.', '') + body };
      const asV1 = { ...asBody.headers, 'webhook-id': 'v2.msg_2', 'webhook-signature': `v1,${sign(content + body)}` };
      expect(check({ ...asBody, headers: asV1 })).to.equal('UNAUTHENTICATED');
      const asV2 = { ...headers, 'webhook-signature': `v2,${sign(`msg_2.1614265330.${body}`)}` };
      const split = { from: 'From: a@x.example', to: ['To: b@x.example'] };
      expect(check({ secret, headers: asV2, body: '\nhello' }, undefined, split)).to.equal('UNAUTHENTICATED');
    });
  });

  it('is refused before the body is read when it is missing or out of time', () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      expect(() =>
        webhookSignature(signed.secret, at(1_614_265_330))({ ...signed.headers, [name]: undefined }),
      ).to.throw(/Standard Webhooks/);
    expect(() =>
      webhookSignature(signed.secret, at(1_614_265_330))({ ...signed.headers, 'webhook-timestamp': '1e9' }),
    ).to.throw();
    for (const now of [1_614_265_330 + 301, 1_614_265_330 - 301])
      expect(() => webhookSignature(signed.secret, at(now))(signed.headers)).to.throw(/within/);
    expect(check(signed, 1_614_265_330 + 299)).to.equal('good');
  });

  it('requires a valid secret', () => {
    expect(() => webhookSignature('whsec_')).to.throw();
  });
});
