import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { expect } from 'chai';

interface Line {
  level: string;
  msg: string;
  [field: string]: unknown;
}

/** A sample service in a process of its own; a spec can wait for a line of its log. */
class Sample {
  readonly lines: Line[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #exit: Promise<unknown[]>;
  #wake = () => {};

  constructor(behaviour: string) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, 'lifecycle.sample.ts'), behaviour], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const reader = createInterface(this.#child.stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#wake();
    });
    // The reader emits its last lines after the child's streams have closed.
    this.#exit = Promise.all([once(this.#child, 'close'), once(reader, 'close')]).then(([exit]) => exit);
  }

  async logged(message: string): Promise<Line> {
    for (;;) {
      const line = this.lines.find((one) => one.msg.includes(message));
      if (line) return line;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async exitCode(): Promise<unknown> {
    return (await this.#exit)[0];
  }

  messages(): string[] {
    return this.lines.map((line) => line.msg);
  }
}

describe('the lifecycle of a service', () => {
  let sample: Sample;
  const start = (behaviour: string) => (sample = new Sample(behaviour));
  afterEach(() => sample.signal('SIGKILL'));

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with 0 on ${signal}: becomes unready first, then stops its steps, last started first`, async () => {
      start('well');
      await sample.logged('started');
      sample.signal(signal);
      expect(await sample.exitCode()).to.equal(0);
      expect(sample.messages()).to.deep.equal([
        'started',
        `${signal}: stopping`,
        'stops consumer',
        'stops database',
        'stopped',
      ]);
      expect(await sample.logged('stops consumer')).to.deep.include({ ready: false, checks: { service: 'stopping' } });
    });
  }

  it('stops the other steps when one fails to stop, and ends with 1', async () => {
    start('fails-to-stop');
    await sample.logged('started');
    sample.signal('SIGTERM');
    expect(await sample.exitCode()).to.equal(1);
    expect(sample.messages()).to.include('could not stop: consumer').and.to.include('stops database');
  });

  it('ends at once on a second signal', async () => {
    start('hangs');
    await sample.logged('started');
    sample.signal('SIGTERM');
    await sample.logged('stops consumer');
    sample.signal('SIGTERM');
    expect(await sample.exitCode()).to.equal(143);
  });

  it('ends with 1 when a step takes too long to stop, and names the unfinished steps', async () => {
    start('hangs');
    await sample.logged('started');
    sample.signal('SIGTERM');
    expect(await sample.exitCode()).to.equal(1);
    expect(await sample.logged('not stopped within 500 ms')).to.deep.include({ unfinished: ['database', 'consumer'] });
  });

  it('can be stopped while it starts', async () => {
    start('hangs-at-start');
    await sample.logged('waiting');
    sample.signal('SIGTERM');
    expect(await sample.exitCode()).to.equal(0);
    expect(sample.messages()).to.include('stops database').and.to.not.include('started');
  });

  it('ends with 1 when it cannot start', async () => {
    start('fails-to-start');
    expect(await sample.exitCode()).to.equal(1);
    expect(sample.lines[0]).to.include({ level: 'fatal', msg: 'cannot start' });
    expect(JSON.stringify(sample.lines)).to.contain('no database at').and.to.not.contain('s3cret');
  });

  it('logs every problem of its configuration, without a stack', async () => {
    start('misconfigured');
    expect(await sample.exitCode()).to.equal(1);
    expect(sample.lines).to.have.lengthOf(1);
    expect(sample.lines[0]?.msg).to.contain('ONE is required').and.to.contain('TWO is required');
    expect(sample.lines[0]).to.not.have.property('err');
  });

  for (const [behaviour, message] of [
    ['rejects', 'unhandled rejection'],
    ['throws', 'uncaught exception'],
  ] as const) {
    it(`ends with 1 on an error that nobody catches: ${message}`, async () => {
      start(behaviour);
      expect(await sample.exitCode()).to.equal(1);
      expect(sample.lines.at(-1)).to.include({ level: 'fatal', msg: message });
    });
  }
});
