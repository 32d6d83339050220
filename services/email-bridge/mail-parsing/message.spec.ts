import { expect } from 'chai';
import { corpus } from '../testing/corpus/corpus.ts';
import { mail, REPLY_TO } from '../testing/corpus/sample.ts';
import { readMessage } from './message.ts';

/** Far above the milliseconds of an ordinary message: the machine may be busy, and some samples are made to be slow. */
const MAX_MS = 15_000;

const kinds = { reply: 'a reply', auto_reply: 'an automatic reply', bounce: 'a bounce', list: 'list mail' } as const;

describe('readMessage', () => {
  for (const [group, samples] of Object.entries(corpus)) {
    describe(group, () => {
      for (const { name, raw, envelopeTo = [], expected } of samples) {
        it(expected.kind ? `reads as ${kinds[expected.kind]}: ${name}` : `reads ${name}`, function () {
          this.timeout(MAX_MS);
          const read = readMessage(raw, envelopeTo);

          const { textHas = [], textLacks = [], snippetHas = [], snippetLacks = [], ...fields } = expected;
          for (const part of textHas) expect(read.text).to.contain(part);
          for (const part of textLacks) expect(read.text).not.to.contain(part);
          for (const part of snippetHas) expect(read.snippet).to.contain(part);
          for (const part of snippetLacks) expect(read.snippet).not.to.contain(part);
          for (const [field, value] of Object.entries(fields)) expect(read, field).to.have.deep.property(field, value);
          expectStorable(read);
          expect(read.text).to.have.lengthOf.at.most(100_000);
          expect(read.snippet).to.have.lengthOf.at.most(500);
          expect(read.message_id).to.match(/^(<[^\s<>]+>|sha256:[0-9a-f]{64})$/);
        });
      }
    });
  }

  it('gives a message without a Message-ID the same fingerprint, whatever servers on its way changed', () => {
    const raw = Buffer.from(mail({ 'Message-ID': null }, 'Tuesday.\n')).toString();
    const ids = [
      raw,
      `Return-Path: <sarah@example.com>\r\nReceived: from a by b\r\n${raw}`,
      raw.replaceAll('\r\n', '\n'),
      raw.trimEnd(),
    ].map((one) => readMessage(Buffer.from(one), []).message_id);
    expect(new Set(ids).size).to.equal(1);
    const other = readMessage(mail({ 'Message-ID': null }, 'Wednesday.\n'), []);
    expect(other.message_id).not.to.equal(ids[0]);
  });

  it('lists the envelope recipients before those of the headers', () => {
    const { addressed_to } = readMessage(mail({ 'Delivered-To': 'box@example.com' }, ''), ['x@example.com']);
    expect(addressed_to).to.deep.equal(['x@example.com', 'box@example.com', REPLY_TO]);
  });
});

/** PostgreSQL must store each text unchanged. */
function expectStorable(value: unknown): void {
  if (typeof value === 'string') {
    expect(value.isWellFormed(), 'well-formed').to.equal(true);
    expect(value).not.to.contain('\u0000');
  } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectStorable);
}
