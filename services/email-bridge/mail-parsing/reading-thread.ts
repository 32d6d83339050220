// oxlint-disable unicorn/require-post-message-target-origin -- the port of a thread has no origin
import { parentPort } from 'node:worker_threads';
import { readMessage } from './message.ts';

/**
 * The thread in which strangers' bytes are parsed. `reader.ts` ends it when a message takes too much time or memory; an
 * exception ends it as well.
 */
export interface ReadingTask {
  readonly raw: Uint8Array;
  readonly envelopeTo: readonly string[];
  readonly trustedAuthserv: string;
}

async function read({ raw, envelopeTo, trustedAuthserv }: ReadingTask): Promise<void> {
  parentPort?.postMessage(await readMessage(raw, envelopeTo, trustedAuthserv));
}

// An exception is an unhandled rejection, which ends this thread.
parentPort?.on('message', (task: ReadingTask) => void read(task));
parentPort?.postMessage('ready');
