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

/** Bounds the memory of all messages that are being received and stored, and the time that each takes to arrive. */
export class MemoryLimit {
  readonly #limits: MemoryLimitOptions;
  #heldBytes = 0;

  constructor(limits: MemoryLimitOptions) {
    this.#limits = limits;
  }

  /**
   * Reads the message to its end and passes it to `use`, in the chunks that arrived. A refused message is read to its
   * end as well, because an SMTP client reads the reply only then (RFC 5321 section 3.3).
   *
   * @param disconnect closes the connection of a client that exceeds `receiveTimeoutMs`, or fails.
   * @throws {Refusal} 552 if the message is too large, 452 if too many bytes are held, and what `use` throws.
   */
  async hold<T>(
    stream: SMTPServerDataStream,
    disconnect: () => void,
    use: (chunks: readonly Uint8Array[]) => Promise<T>,
  ): Promise<T> {
    let chunks: Uint8Array[] = [];
    let bytes = 0;
    let full = false;
    const release = (): void => {
      this.#heldBytes -= bytes;
      bytes = 0;
      chunks = [];
    };
    const timeout = setTimeout(() => stream.destroy(refusals.later()), this.#limits.receiveTimeoutMs);
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        full ||= this.#heldBytes + chunk.length > this.#limits.maxHeldBytes;
        if (full || stream.sizeExceeded) {
          release();
          continue;
        }
        chunks.push(chunk);
        bytes += chunk.length;
        this.#heldBytes += chunk.length;
      }
      clearTimeout(timeout);
      if (stream.sizeExceeded) throw refusals.tooLarge(this.#limits.maxBytes);
      if (full) throw refusals.full();
      return await use(chunks);
    } catch (error) {
      if (stream.errored) disconnect();
      throw error;
    } finally {
      clearTimeout(timeout);
      release();
    }
  }
}
