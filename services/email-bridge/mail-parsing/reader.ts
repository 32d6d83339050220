import { Worker } from 'node:worker_threads';
import { type IncomingMessage, type ReadMessage, UnreadableMessage } from '../domain/incoming-message.ts';
import type { ReadingTask } from './reading-thread.ts';

/**
 * Reads messages in threads of their own, so that no message can stop this process or hold up its requests. A thread
 * that exceeds its time or its heap is ended, and the next message gets a new one.
 *
 * One thread takes small messages only, the other one any; both take the smallest that waits. A letter therefore never
 * waits for a message of 20 MB.
 */
export interface MailReader {
  readonly read: ReadMessage;
  /** Starts the thread for small messages before the first one comes. */
  warmUp(): void;
  /** Ends the threads. Messages that still wait are refused. */
  stop(): Promise<void>;
}

export interface MailReaderOptions {
  /** For one message, not counting its wait. */
  readonly timeoutMs?: number;
  /** Of each thread. Node's `--max-old-space-size`, where it is set, overrules this. */
  readonly maxHeapMb?: number;
  /** The server whose Authentication-Results are believed; '' for none. */
  readonly trustedAuthserv?: string;
  /** Other code for the threads; for tests. */
  readonly script?: URL;
}

const TIMEOUT_MS = 10_000;
const MAX_HEAP_MB = 160;
const SMALL_BYTES = 256 * 1024;
const SCRIPT = new URL('./reading-thread.ts', import.meta.url);

interface Job {
  readonly raw: Uint8Array;
  readonly size: number;
  readonly envelopeTo: readonly string[];
  readonly begin: (() => Promise<void>) | undefined;
  readonly resolve: (message: IncomingMessage) => void;
  readonly reject: (error: unknown) => void;
}

export function startMailReader({
  timeoutMs = TIMEOUT_MS,
  maxHeapMb = MAX_HEAP_MB,
  trustedAuthserv = '',
  script = SCRIPT,
}: MailReaderOptions = {}): MailReader {
  /** The smallest first. */
  const waiting: Job[] = [];
  const threads = [SMALL_BYTES, Infinity].map((maxSize) => ({
    maxSize,
    busy: false,
    thread: new ReadingThread(script, { timeoutMs, maxHeapMb }),
  }));
  let stopped = false;

  function work(): void {
    for (const one of threads) {
      const job = waiting[0];
      if (one.busy || job === undefined || job.size > one.maxSize) continue;
      waiting.shift();
      one.busy = true;
      void run(one.thread, job, trustedAuthserv).finally(() => {
        one.busy = false;
        work();
      });
    }
  }

  return {
    read: (raw, envelopeTo, begin) =>
      new Promise((resolve, reject) => {
        if (stopped) return reject(stopping());
        const job: Job = { raw, size: raw.length, envelopeTo, begin, resolve, reject };
        const at = waiting.findIndex(({ size }) => size > job.size);
        waiting.splice(at === -1 ? waiting.length : at, 0, job);
        work();
      }),
    warmUp: () => void threads[0]?.thread.start(),
    async stop() {
      stopped = true;
      for (const { reject } of waiting.splice(0)) reject(stopping());
      await Promise.all(threads.map(({ thread }) => thread.stop()));
    },
  };
}

async function run(
  thread: ReadingThread,
  { raw, envelopeTo, begin, resolve, reject }: Job,
  trustedAuthserv: string,
): Promise<void> {
  try {
    await begin?.();
    resolve(await thread.read({ raw, envelopeTo, trustedAuthserv }));
  } catch (error) {
    reject(error);
  }
}

interface Thread {
  readonly worker: Worker;
  /** Its code, which takes longer to load than most messages to read. */
  readonly loaded: Promise<unknown>;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Error>;
}

/** One thread at a time: a new one is started for the first message, and for the next one after a thread has ended. */
class ReadingThread {
  readonly #script: URL;
  readonly #limits: { readonly timeoutMs: number; readonly maxHeapMb: number };
  #thread: Thread | undefined;
  #stopped = false;

  constructor(script: URL, limits: { timeoutMs: number; maxHeapMb: number }) {
    this.#script = script;
    this.#limits = limits;
  }

  start(): Thread {
    if (this.#thread) return this.#thread;
    const worker = new Worker(this.#script, {
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.maxHeapMb, maxYoungGenerationSizeMb: 16 },
    });
    const loaded = new Promise((resolve) => worker.once('message', resolve));
    const ended = new Promise<Error>((resolve) => {
      worker.once('error', resolve);
      worker.once('exit', () => resolve(new Error('its thread ended')));
    });
    const thread: Thread = { worker, loaded, ended };
    void ended.then(() => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    this.#thread = thread;
    return thread;
  }

  /** One call at a time. @throws UnreadableMessage */
  async read(task: ReadingTask): Promise<IncomingMessage> {
    const { worker, loaded, ended } = this.start();
    const failed = await Promise.race([loaded, ended]);
    if (failed instanceof Error) throw this.#stopped ? stopping() : failed;
    const { timeoutMs } = this.#limits;
    let timeout: NodeJS.Timeout | undefined;
    const read = new Promise<IncomingMessage>((resolve) => worker.once('message', resolve));
    const late = new Promise<Error>((resolve) => {
      timeout = setTimeout(() => resolve(new Error(`it takes longer than ${timeoutMs} ms to read`)), timeoutMs);
    });
    worker.postMessage(task, transferable(task.raw));
    const outcome = await Promise.race([read, ended, late]);
    clearTimeout(timeout);
    if (!(outcome instanceof Error)) return outcome;
    await worker.terminate();
    if (this.#stopped) throw stopping();
    throw new UnreadableMessage(`the message cannot be read: ${outcome.message}`, { cause: outcome });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#thread?.worker.terminate();
  }
}

const stopping = (): Error => new Error('the message was not read: the service stops');

/** The message moves to the thread without a copy, unless it is a part of a larger buffer that others use. */
const transferable = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
