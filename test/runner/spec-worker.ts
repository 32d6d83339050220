import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import type { FileResult, Order, Report, SpecSettings } from './protocol.ts';

export interface WorkerOptions {
  settings: SpecSettings;
  /**
   * The output of the process goes to this file and is printed whole after each spec file. Undefined: it is printed
   * as it comes.
   */
  outputFile?: string;
  /** Returns the next spec file, or undefined if there is none for this process. */
  next: () => string | undefined;
  /** Called for each file that ended, after its output can be printed. */
  onResult: (result: FileResult, output: string) => void;
}

/** How a spec process ended. */
export interface WorkerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The file that was running when the process ended. */
  cutShort: string | undefined;
  /** `wasReady`: the process was ready for work. `ended`: it had stopped its shared servers. */
  wasReady: boolean;
  ended: boolean;
  /** Printed after the result of its last file. */
  output: string;
}

/** One spec process, seen from `test/run.ts`: gives the process one file after another, and reports its end. */
export class SpecWorker {
  readonly #options: WorkerOptions;
  readonly #child: ChildProcess;
  readonly #output: Output | undefined;
  readonly #exit: WorkerExit = {
    code: null,
    signal: null,
    cutShort: undefined,
    wasReady: false,
    ended: false,
    output: '',
  };

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#output = options.outputFile === undefined ? undefined : new Output(options.outputFile);
    const stdio = this.#output ? this.#output.fd : 'inherit';
    this.#child = fork(new URL('spec-process.ts', import.meta.url), [JSON.stringify(options.settings)], {
      stdio: ['inherit', stdio, stdio, 'ipc'],
    });
    this.#child.on('message', (message) => this.#receive(message as Report));
  }

  async exited(): Promise<WorkerExit> {
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null];
    const output = this.#output?.read() ?? '';
    this.#output?.close();
    return { ...this.#exit, code, signal, output };
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  #receive(report: Report): void {
    if (report.kind === 'end') {
      this.#exit.ended = true;
      return;
    }
    this.#exit.wasReady = true;
    this.#exit.cutShort = undefined;
    if (report.kind === 'file') this.#options.onResult(report.result, this.#output?.read() ?? '');
    const file = this.#options.next();
    this.#exit.cutShort = file;
    const order: Order = file === undefined ? { kind: 'end' } : { kind: 'run', file };
    this.#child.send(order);
  }
}

/**
 * Standard output and error in one file: written synchronously and in order, so that all of it is there when a result
 * is reported.
 */
class Output {
  readonly fd: number;
  #at = 0;

  constructor(path: string) {
    this.fd = openSync(path, 'w+');
  }

  /** Returns the output since the last call. */
  read(): string {
    const chunks: Buffer[] = [];
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      const length = readSync(this.fd, chunk, 0, chunk.length, this.#at);
      if (length === 0) return Buffer.concat(chunks).toString();
      this.#at += length;
      chunks.push(chunk.subarray(0, length));
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
