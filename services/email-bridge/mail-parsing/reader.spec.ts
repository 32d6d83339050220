import { expect } from 'chai';
import { mail } from '../testing/corpus/sample.ts';
import { UnreadableMessage } from '../domain/incoming-message.ts';
import { type MailReader, type MailReaderOptions, startMailReader } from './reader.ts';

const script = new URL('../testing/hostile-thread.ts', import.meta.url);

describe('the reader of messages', () => {
  const open: MailReader[] = [];
  afterEach(async () => {
    for (const reader of open.splice(0)) await reader.stop();
  });
  const start = (options: MailReaderOptions = {}): MailReader => {
    const reader = startMailReader({ script, ...options });
    open.push(reader);
    return reader;
  };
  const message = (body: string): Uint8Array => mail({}, body);
  const failure = (reading: Promise<unknown>): Promise<unknown> =>
    reading.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('ends a message that takes too long, and reads the next one', async () => {
    const reader = start({ timeoutMs: 200 });
    const error = await failure(reader.read(message('loop'), []));
    expect(error).to.be.instanceOf(UnreadableMessage).with.property('message').that.contains('longer than 200 ms');
    expect((await reader.read(message('Tuesday.'), [])).text).to.contain('Tuesday.');
  });

  it('ends a message that takes too much memory, and reads the next one', async () => {
    const reader = start({ maxHeapMb: 32 });
    expect(await failure(reader.read(message('hoard'), []))).to.be.instanceOf(UnreadableMessage);
    expect((await reader.read(message('Tuesday.'), [])).text).to.contain('Tuesday.');
  });

  it('survives a parser that fails', async () => {
    const reader = start();
    const error = await failure(reader.read(message('throw'), []));
    expect(error).to.be.instanceOf(UnreadableMessage).with.property('message').that.contains('no such charset');
    expect((await reader.read(message('Tuesday.'), [])).text).to.contain('Tuesday.');
  });

  it('reads small messages while large ones take their time, and begins each after those before it', async () => {
    const reader = start({ timeoutMs: 60_000 });
    const begun: number[] = [];
    const large = [1, 2, 3].map((number) =>
      failure(reader.read(message(`loop${'x'.repeat(300_000)}`), [], async () => void begun.push(number))),
    );
    expect((await reader.read(message('Tuesday.'), [])).text).to.contain('Tuesday.');
    await reader.stop();
    expect(begun).to.deep.equal([1]);
    expect(new Set((await Promise.all(large)).map(String))).to.deep.equal(
      new Set(['Error: the message was not read: the service stops']),
    );
  });

  it('lets this process go on with its work meanwhile', async () => {
    const reader = start({ timeoutMs: 300 });
    const reading = failure(reader.read(message('loop'), []));
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    await reading;
    clearInterval(turning);
    expect(turns).to.be.greaterThan(10);
  });
});
