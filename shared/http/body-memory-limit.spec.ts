import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { BodyMemoryLimit } from './body-memory-limit.ts';

describe('bodies under a common memory limit', () => {
  const codeOf = (attempt: Promise<unknown>) => attempt.then(String, (error: unknown) => (error as Problem).code);
  const text = async (body: Buffer) => body.toString();
  const sent = (...pieces: string[]): PassThrough => {
    const request = new PassThrough();
    for (const piece of pieces) request.write(piece);
    return request.end();
  };

  it('are read to their end, up to their own limit', async () => {
    const held = new BodyMemoryLimit(100);
    expect(await held.hold(sent('Dear', ' Ada'), 8, text)).to.equal('Dear Ada');
    expect(await codeOf(held.hold(sent('Dear', ' Ada!'), 8, text))).to.equal('PAYLOAD_TOO_LARGE');
    expect(await held.hold(sent(), 8, text)).to.equal('');
  });

  it('share one bound while they are read and used, and free their share afterwards', async () => {
    const held = new BodyMemoryLimit(10);
    const slow = new PassThrough();
    const used = Promise.withResolvers<void>();
    const first = held.hold(sent('12345'), 10, async () => used.promise);
    const second = held.hold(slow, 10, text);
    slow.write('678');
    await waitUntil(() => slow.readableLength === 0, { what: 'both are held' });
    expect(await codeOf(held.hold(sent('9ab'), 10, text))).to.equal('UNAVAILABLE');
    slow.end();
    expect(await second).to.equal('678');
    expect(await held.hold(sent('9ab'), 10, text)).to.equal('9ab');
    used.resolve();
    await first;
    expect(await held.hold(sent('0123456789'), 10, text)).to.equal('0123456789');
  });

  it('are refused when they do not arrive whole, and free their share', async () => {
    const held = new BodyMemoryLimit(5);
    const broken = new PassThrough();
    broken.write('1234');
    const reading = codeOf(held.hold(broken, 5, text));
    broken.destroy(new Error('reset'));
    expect(await reading).to.equal('VALIDATION_FAILED');
    expect(await held.hold(sent('12345'), 5, text)).to.equal('12345');
  });
});
