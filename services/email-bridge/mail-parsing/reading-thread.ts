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

function read({ raw, envelopeTo, trustedAuthserv }: ReadingTask): void {
  parentPort?.postMessage(readMessage(raw, envelopeTo, trustedAuthserv));
}

// An exception ends this thread.
parentPort?.on('message', read);
parentPort?.postMessage('ready');
