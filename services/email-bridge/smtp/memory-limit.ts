import type { SMTPServerDataStream } from 'smtp-server';
import { refusals } from './refusal.ts';

export interface MemoryLimitOptions {
  /** Bytes of one message. */
  readonly maxBytes: number;
  /** Bytes of all messages in memory. */
  readonly maxHeldBytes: number;
  /** Time for one message, from its first byte to its last. */
  readonly receiveTimeoutMs: number;
}

/** Smaller chunks are copied together: the server hands on one for each dot-stuffed line, of which 8 MB hold two million. */
const SMALL_CHUNK = 4 * 1024;
const BLOCK = 64 * 1024;

/**
 * The server spends a turn of the event loop on each dot-stuffed line. No person's message has so many that are so
 * short.
 */
const MAX_TINY_CHUNKS = 100_000;
const TINY_CHUNK = 64;

/** Bounds the memory of all messages that are being received and stored, and the time that each takes to arrive. */
export class MemoryLimit {
  readonly #limits: MemoryLimitOptions;
  #heldBytes = 0;

  constructor(limits: MemoryLimitOptions) {
    this.#limits = limits;
  }

  /**
   * Reads the message to its end and passes it to `use`, which it is given away to, behind `prefix`. A refused message is read to its
   * end as well, because an SMTP client reads the reply only then (RFC 5321 section 3.3).
   *
   * @param disconnect closes the connection of a client that exceeds a limit in the middle of its message, or fails.
   * @throws {Refusal} 552 if the message is too large, 452 if too many bytes are held, 554 if it has too many lines that
   * begin with a dot, and what `use` throws.
   */
  async hold<T>(
    stream: SMTPServerDataStream,
    prefix: Uint8Array,
    disconnect: (reason: unknown) => void,
    use: (raw: Uint8Array) => Promise<T>,
  ): Promise<T> {
    let message = new Blocks();
    let bytes = 0;
    let full = false;
    let tiny = 0;
    const release = (): void => {
      this.#heldBytes -= bytes;
      bytes = 0;
      message = new Blocks();
    };
    const timeout = setTimeout(() => stream.destroy(refusals.later()), this.#limits.receiveTimeoutMs);
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        if (chunk.length < TINY_CHUNK && ++tiny > MAX_TINY_CHUNKS) stream.destroy(refusals.tooManyDots());
        full ||= this.#heldBytes + chunk.length > this.#limits.maxHeldBytes;
        if (full || stream.sizeExceeded) {
          release();
          continue;
        }
        message.add(chunk);
        bytes += chunk.length;
        this.#heldBytes += chunk.length;
      }
      clearTimeout(timeout);
      if (stream.sizeExceeded) throw refusals.tooLarge(this.#limits.maxBytes);
      if (full) throw refusals.full();
      const raw = message.whole(prefix);
      message = new Blocks();
      return await use(raw);
    } catch (error) {
      if (stream.errored) disconnect(stream.errored);
      throw error;
    } finally {
      clearTimeout(timeout);
      release();
    }
  }
}

/** The chunks of a message, in at most one piece of memory for each `SMALL_CHUNK`. */
class Blocks {
  readonly #blocks: Uint8Array[] = [];
  /** The block that small chunks are copied into, and its first free byte. */
  #open: Buffer | undefined;
  #used = 0;

  add(chunk: Uint8Array): void {
    if (chunk.length >= SMALL_CHUNK) {
      this.#close();
      this.#blocks.push(chunk);
      return;
    }
    if (this.#used + chunk.length > BLOCK) this.#close();
    this.#open ??= Buffer.allocUnsafeSlow(BLOCK);
    this.#open.set(chunk, this.#used);
    this.#used += chunk.length;
  }

  whole(prefix: Uint8Array): Uint8Array {
    this.#close();
    return Buffer.concat([prefix, ...this.#blocks]);
  }

  #close(): void {
    if (this.#open) this.#blocks.push(this.#open.subarray(0, this.#used));
    this.#open = undefined;
    this.#used = 0;
  }
}
