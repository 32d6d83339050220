import { base64, mail, type Sample } from './sample.ts';

/** Messages that break the rules of RFC 5322, of MIME or of their charset. */
export const malformed: readonly Sample[] = [
  {
    name: 'NUL and control characters',
    raw: mail({ Subject: 'Re:\u0000 Q1\u0007 budget' }, 'Tues\u0000day\u001b[31m.\u0000'),
    expected: { kind: 'reply', subject: 'Re: Q1 budget', text: 'Tuesday[31m.' },
  },
  {
    name: 'half a surrogate pair',
    raw: mail(
      { 'Content-Type': 'text/plain; charset=utf-16le', 'Content-Transfer-Encoding': 'base64' },
      base64(Buffer.from([0x54, 0, 0x3d, 0xd8, 0x75, 0])),
    ),
    expected: { kind: 'reply', text: 'T\ufffdu' },
  },
  {
    name: 'bytes that are not UTF-8',
    raw: Buffer.concat([mail({}, 'Tuesday '), Buffer.from([0xff, 0xfe, 0x80, 0xed, 0xa0, 0x80])]),
    expected: { kind: 'reply', textHas: ['Tuesday'] },
  },
  {
    name: 'a body that is not base64 although it says so',
    raw: mail({ 'Content-Transfer-Encoding': 'base64' }, '!!!! VHVlc2RheQ==  ????'),
    expected: { kind: 'reply' },
  },
  {
    name: 'an unknown charset',
    raw: mail({ 'Content-Type': 'text/plain; charset=x-klingon' }, 'Tuesday.'),
    expected: { kind: 'reply', snippet: 'Tuesday.' },
  },
  {
    name: 'a multipart without a closing delimiter',
    raw: mail({ 'Content-Type': 'multipart/mixed; boundary="b"' }, '--b\nContent-Type: text/plain\n\nTuesday.\n'),
    expected: { kind: 'reply', snippet: 'Tuesday.' },
  },
  {
    name: 'a multipart without a boundary',
    raw: mail({ 'Content-Type': 'multipart/mixed' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
  {
    name: 'an empty message',
    raw: new Uint8Array(),
    expected: {
      kind: 'reply',
      from: { name: '', address: '' },
      subject: '',
      text: '',
      snippet: '',
      addressed_to: [],
      references: [],
    },
  },
  {
    name: 'headers that are cut off',
    raw: new TextEncoder().encode('From: sarah@example.com\r\nSubj'),
    expected: { kind: 'reply', from: { name: '', address: 'sarah@example.com' } },
  },
  {
    name: 'mixed line ends',
    raw: new TextEncoder().encode('From: sarah@example.com\nSubject: x\n\none\r\ntwo\nthree\rfour'),
    expected: { text: 'one\ntwo\nthree\nfour' },
  },
  {
    name: 'a message without a Message-ID',
    raw: mail({ 'Message-ID': null }, 'Tuesday.'),
    expected: {
      kind: 'reply',
      message_id: 'sha256:322fd28bd51b51006e56e3425931f28965e6e0a9bc1a6ece8879a14611bb6ad6',
      snippet: 'Tuesday.',
    },
  },
  {
    name: 'an invalid Message-ID',
    raw: mail({ 'Message-ID': 'abc def' }, 'Tuesday.'),
    expected: { kind: 'reply' },
  },
];
