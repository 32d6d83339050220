import { readMessage } from '@missions/email-bridge/mail-parsing/message.ts';
import { corpus } from '@missions/email-bridge/testing/corpus/corpus.ts';
import { mail } from '@missions/email-bridge/testing/corpus/sample.ts';
import { writtenMail } from '@missions/email-bridge/testing/corpus/written.ts';
import type { Bench, Finding, Row } from '../row.ts';
import { percentile } from '../statistics.ts';

export const row: Row = {
  about: 'the reading of a message: time and memory, of messages as people and machines write them and of large ones',
  run: reading,
};

const MB = 1024 * 1024;
const filled = (headers: string, bytes: number, text: string): Uint8Array =>
  Buffer.concat([
    Buffer.from(`From: sarah@example.com\r\nSubject: Re: Q1\r\n${headers}\r\n`),
    Buffer.alloc(bytes, text),
  ]);

/** Each shape costs another stage its time. */
const large: Record<string, () => Uint8Array> = {
  'a text of 10 MB': () => filled('', 10 * MB, 'Tuesday at ten is fine with me, and with John.\r\n'),
  'empty lines of 20 MB': () => filled('', 20 * MB, '\n'),
  'HTML of 10 MB': () =>
    filled('Content-Type: text/html\r\n', 10 * MB, '<p style="color:red"><b>Tuesday</b> at ten<br>'),
  'tables of 5 MB': () => filled('Content-Type: text/html\r\n', 5 * MB, '<table><tr><td>Tuesday<td>10:00'),
  'delimiters of 10 MB': () => filled('Content-Type: multipart/mixed; boundary=b\r\n', 10 * MB, '--b\n'),
  'attributions without an end': () =>
    mail({}, 'Fine.\nOn 13 Jan 2026 09:12 Ada <ada@example.com> wrote:\n'.repeat(50_000)),
  'header lines without an end': () => mail({}, 'From: x\nTo: y\n'.repeat(50_000)),
};

async function reading({ options, say }: Bench): Promise<Finding[]> {
  const ordinary = [
    ...writtenMail.map(({ raw }) => raw),
    ...Object.entries(corpus).flatMap(([group, samples]) =>
      group.includes('exhaust') ? [] : samples.map(({ raw }) => raw),
    ),
  ];
  // The first readings compile the tables.
  for (const raw of ordinary) readMessage(raw, []);
  const times: number[] = [];
  for (let round = 0; round < options.rounds; round += 1)
    for (const raw of ordinary) times.push(millisecondsOf(() => readMessage(raw, [])));
  const findings: Finding[] = [
    { what: 'ordinary message, p50', figure: percentile(times, 50), unit: 'ms' },
    { what: 'ordinary message, p99', figure: percentile(times, 99), unit: 'ms', target: { atMost: 30 } },
    { what: 'ordinary message, slowest', figure: Math.max(...times), unit: 'ms', target: { atMost: 3_000 } },
  ];
  for (const [name, make] of Object.entries(large)) {
    const raw = make();
    const before = process.memoryUsage().heapUsed;
    const figure = millisecondsOf(() => readMessage(raw, []));
    const megabytes = Math.max(0, process.memoryUsage().heapUsed - before) / MB;
    say(`${name}: ${figure.toFixed(0)} ms, ${megabytes.toFixed(0)} MB of heap`);
    findings.push({ what: name, figure, unit: 'ms', target: { atMost: 3_000 } });
    findings.push({ what: `${name}, heap`, figure: megabytes, unit: 'MB', target: { atMost: 160 } });
    await new Promise(setImmediate);
  }
  return findings;
}

function millisecondsOf(run: () => unknown): number {
  const startedAt = performance.now();
  run();
  return performance.now() - startedAt;
}
