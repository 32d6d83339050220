import { htmlMail, lines, mail, multipart, REPLY_TO, type Sample } from './sample.ts';

/** Messages made to exhaust time or memory. */

/** Base64 of zero bytes, in lines. */
const zeroes = (size: number): Uint8Array => Buffer.alloc(size, `${'A'.repeat(76)}\r\n`);

export const oversized: readonly Sample[] = [
  {
    name: 'HTML nested five thousand deep',
    raw: htmlMail(`${'<div>'.repeat(5_000)}Tuesday.${'</div>'.repeat(5_000)}`),
    expected: { textHas: ['Tuesday.'] },
  },
  {
    name: 'parts nested a thousand deep',
    raw: mail(
      { 'Content-Type': 'multipart/mixed; boundary="b0"' },
      Array.from(
        { length: 1_000 },
        (_, depth) => `--b${depth}\nContent-Type: multipart/mixed; boundary="b${depth + 1}"\n\n`,
      ).join(''),
    ),
    expected: { kind: 'reply', from: { name: 'Sarah Miller', address: 'sarah@example.com' }, addressed_to: [REPLY_TO] },
  },
  {
    name: 'a million empty parts',
    raw: mail({ 'Content-Type': 'multipart/mixed; boundary="b"' }, `--b\n\nTuesday.\n${'--b\n\n'.repeat(1_000_000)}`),
    expected: { kind: 'reply', textHas: ['Tuesday.'] },
  },
  {
    name: 'messages nested a thousand deep',
    raw: mail({ 'Content-Type': 'message/rfc822' }, 'Content-Type: message/rfc822\n\n'.repeat(1_000)),
    expected: { kind: 'reply' },
  },
  {
    name: 'a header of 10 MB',
    raw: mail({ 'X-Bomb': 'x'.repeat(10_000_000) }, 'Tuesday.'),
    expected: { kind: 'reply', from: { name: 'Sarah Miller', address: 'sarah@example.com' }, addressed_to: [REPLY_TO] },
  },
  {
    name: 'a hundred thousand headers',
    raw: mail({ 'X-Many': `1${'\nX: y'.repeat(100_000)}` }, 'Tuesday.'),
    expected: { kind: 'reply', from: { name: 'Sarah Miller', address: 'sarah@example.com' } },
  },
  {
    name: 'eight thousand recipients',
    raw: mail(
      { To: `${REPLY_TO}, ${Array.from({ length: 8_000 }, (_, at) => `u${at}@example.com`).join(', ')}` },
      'Tuesday.',
    ),
    expected: { kind: 'reply' },
  },
  {
    name: 'comments nested thirty thousand deep in an address',
    raw: mail(
      { To: `${'('.repeat(30_000)}${REPLY_TO}`, From: `${'"'.repeat(30_001)} <sarah@example.com>` },
      'Tuesday.',
    ),
    expected: { kind: 'reply' },
  },
  {
    name: 'a report that is slow to match',
    raw: mail(
      { 'Content-Type': 'multipart/report; report-type=delivery-status; boundary="dsn"' },
      multipart('dsn', [
        { type: 'text/plain', body: `${'-'.repeat(90_000)}\n<${'a@'.repeat(50_000)}` },
        {
          type: 'message/delivery-status',
          body: `Final-Recipient: rfc822; ${'('.repeat(150_000)}sarah@example.com\nAction: failed`,
        },
      ]),
    ),
    expected: { kind: 'bounce', failures: [] },
  },
  {
    name: 'a notice that is slow to match',
    raw: mail(
      { From: 'mailer-daemon@example.com', Subject: 'failure notice' },
      `${'-'.repeat(90_000)}\n${`<${'a@'.repeat(400)}\n`.repeat(100)}`,
    ),
    expected: { kind: 'bounce', failures: [] },
  },
  {
    name: 'styles that are slow to match',
    raw: htmlMail(`<p>Tuesday.</p>${`<i style="${'/*'.repeat(2_500)}">x</i>`.repeat(190)}`),
    expected: { kind: 'reply' },
  },
  {
    name: 'header labels that are slow to match',
    raw: mail({}, `Tuesday.\n${`From${' '.repeat(990)}\n`.repeat(100)}`),
    expected: { kind: 'reply', snippetHas: ['Tuesday.'] },
  },
  {
    name: 'an attribution without an end',
    raw: mail({}, `Tuesday.\n\nOn ${'a '.repeat(40_000)}\n`),
    expected: { kind: 'reply', snippetHas: ['Tuesday.'] },
  },
  {
    name: 'ten thousand attributions without a quote',
    raw: mail({}, `Tuesday.\n${'Op x schreef\n在 x\nOn a b\n'.repeat(10_000)}`),
    expected: { kind: 'reply', snippetHas: ['Tuesday.'] },
  },
  {
    name: 'a picture of 20 MB',
    raw: Buffer.concat([
      mail(
        { 'Content-Type': 'multipart/mixed; boundary="b"' },
        lines(
          '--b',
          'Content-Type: text/plain',
          '',
          'Tuesday.',
          '--b',
          'Content-Type: image/png; name="big.png"',
          'Content-Transfer-Encoding: base64',
          '',
          '',
        ),
      ),
      zeroes(20_000_000),
      Buffer.from('\r\n--b--\r\n'),
    ]),
    expected: { kind: 'reply', snippetHas: ['Tuesday.'], textHas: ['big.png'] },
  },
  {
    name: 'a text of 20 MB',
    raw: Buffer.concat([mail({}, 'Tuesday.\n'), zeroes(20_000_000)]),
    expected: { kind: 'reply', snippetHas: ['Tuesday.'] },
  },
  {
    name: 'empty lines of 20 MB',
    raw: Buffer.concat([mail({}, 'Tuesday.\n'), Buffer.alloc(20_000_000, '\n')]),
    expected: { kind: 'reply', snippet: 'Tuesday.' },
  },
  {
    name: 'an HTML of 20 MB',
    raw: Buffer.concat([htmlMail('<p>Tuesday.</p>'), Buffer.alloc(20_000_000, '<p><b>x</b><span style="x:y">')]),
    expected: { kind: 'reply', textHas: ['Tuesday.'] },
  },
];
