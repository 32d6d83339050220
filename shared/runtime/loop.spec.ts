import { expect } from 'chai';
import { VirtualClock } from './clock.ts';
import { type Loop, type LoopOptions, type Pass, startLoop } from './loop.ts';

/** Lets every pending microtask and immediate run; no time passes on the virtual clock. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('loop', () => {
  const clock = new VirtualClock(new Date('2026-01-01T00:00:00Z'));
  const logged: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields: { ...fields }, message });
  const logger = { info: log('info'), warn: log('warn') } as unknown as LoopOptions['logger'];
  let passes: Pass[];
  let loop: Loop;

  const start = (options: Partial<LoopOptions> = {}): Loop => {
    const { run, ...others } = options;
    const counted: LoopOptions['run'] = async (pass) => {
      passes.push(pass);
      return await run?.(pass);
    };
    return (loop = startLoop({ name: 'sample', logger, intervalMs: 1_000, clock, ...others, run: counted }));
  };

  beforeEach(() => {
    passes = [];
    logged.length = 0;
  });
  afterEach(async () => {
    await loop.stop();
  });

  it('runs a pass at once, and another after each interval', async () => {
    start();
    await settle();
    expect(passes).to.have.lengthOf(1);
    clock.advance(999);
    await settle();
    expect(passes).to.have.lengthOf(1);
    clock.advance(1);
    await settle();
    expect(passes).to.have.lengthOf(2);
  });

  it('waits for the interval before the first pass if asked', async () => {
    start({ runAtStart: false });
    await settle();
    expect(passes).to.have.lengthOf(0);
    clock.advance(1_000);
    await settle();
    expect(passes).to.have.lengthOf(1);
  });

  it('runs a pass when woken, and passes on that it was woken', async () => {
    start();
    await settle();
    loop.wake();
    await settle();
    clock.advance(1_000);
    await settle();
    expect(passes.map(({ woken }) => woken)).to.deep.equal([false, true, false]);
  });

  it('keeps a wake-up that comes during a pass, however many there are, for one further pass', async () => {
    const first = Promise.withResolvers<void>();
    start({ run: () => (passes.length === 1 ? first.promise : Promise.resolve()) });
    loop.wake();
    loop.wake();
    await settle();
    expect(passes).to.have.lengthOf(1);
    first.resolve();
    await settle();
    expect(passes).to.have.lengthOf(2);
  });

  it('starts the next pass when the pass says that it is due, and never later than the interval', async () => {
    const dueIn = [0, 300, 5_000];
    start({ run: () => Promise.resolve(dueIn[passes.length - 1]) });
    await settle();
    expect(passes).to.have.lengthOf(2);
    clock.advance(300);
    await settle();
    expect(passes).to.have.lengthOf(3);
    clock.advance(1_000);
    await settle();
    expect(passes).to.have.lengthOf(4);
  });

  it('logs a failed pass, fails the check until a pass succeeds, and goes on after the interval', async () => {
    const broken = new Error('broken');
    start({ run: () => (passes.length <= 2 ? Promise.reject(broken) : Promise.resolve()) });
    await settle();
    expect(() => loop.check())
      .to.throw('sample: fails at present')
      .with.property('cause', broken);
    clock.advance(1_000);
    await settle();
    clock.advance(1_000);
    await settle();
    loop.check();
    expect(logged.map(({ level, fields: { failures } }) => [level, failures])).to.deep.equal([
      ['warn', 1],
      ['warn', 2],
      ['info', 2],
    ]);
    expect(logged[0]).to.deep.include({ message: 'sample: failed, and is tried again' });
    expect(logged[0]?.fields.err).to.equal(broken);
  });

  it('hands the wake-up of a failed pass to the next one', async () => {
    start({ run: () => (passes.length === 2 ? Promise.reject(new Error('broken')) : Promise.resolve()) });
    await settle();
    loop.wake();
    await settle();
    clock.advance(1_000);
    await settle();
    expect(passes.map(({ woken }) => woken)).to.deep.equal([false, true, true]);
  });

  it('pauses after a failure as asked, in real time, and logs only some of the failures', async () => {
    const counts: number[] = [];
    const recovered = Promise.withResolvers<void>();
    start({
      run: () => {
        if (passes.length <= 5) return Promise.reject(new Error('broken'));
        recovered.resolve();
        return Promise.resolve();
      },
      pauseAfterFailure: (failures) => {
        counts.push(failures);
        return 0;
      },
      logEvery: 3,
    });
    await recovered.promise;
    expect(counts).to.deep.equal([1, 2, 3, 4, 5]);
    expect(logged.filter(({ level }) => level === 'warn').map(({ fields }) => fields.failures)).to.deep.equal([1, 4]);
  });

  it('does not let a wake-up shorten the pause after a failure, but a stop does', async () => {
    start({ run: () => Promise.reject(new Error('broken')), pauseAfterFailure: () => 3_600_000 });
    await settle();
    loop.wake();
    await settle();
    expect(passes).to.have.lengthOf(1);
    await loop.stop();
    expect(passes).to.have.lengthOf(1);
  });

  it('ends a sleep when stopped, and runs no further pass', async () => {
    start();
    await settle();
    await loop.stop();
    loop.wake();
    await settle();
    expect(passes).to.have.lengthOf(1);
  });

  it('waits for the running pass when stopped, whose signal is aborted and whose error is not logged', async () => {
    const aborted = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    start({
      run: async ({ stopping }) => {
        stopping.addEventListener('abort', () => aborted.resolve());
        await go.promise;
        throw new Error('aborted');
      },
    });
    let stopped = false;
    const stop = loop.stop().then(() => (stopped = true));
    await aborted.promise;
    await settle();
    expect(stopped).to.equal(false);
    go.resolve();
    await stop;
    expect(logged).to.deep.equal([]);
  });
});
