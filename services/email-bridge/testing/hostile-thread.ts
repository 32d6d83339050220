// oxlint-disable unicorn/require-post-message-target-origin -- the port of a thread has no origin
import { parentPort } from 'node:worker_threads';
import type { ReadingTask } from '../mail-parsing/reading-thread.ts';
import { readMessage } from '../mail-parsing/message.ts';

/** A reading thread with faults: the body of the message says what it does to the parser. */
function read({ raw, envelopeTo }: ReadingTask): void {
  const text = Buffer.from(raw).toString('latin1');
  if (text.includes('\r\nloop')) for (;;);
  if (text.includes('\r\nhoard')) for (const kept: object[] = []; ;) kept.push({ at: kept.length });
  if (text.includes('\r\nthrow')) throw new Error('no such charset');
  parentPort?.postMessage(readMessage(raw, envelopeTo));
}

parentPort?.on('message', read);
parentPort?.postMessage('ready');
