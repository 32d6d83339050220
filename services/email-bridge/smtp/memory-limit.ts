import type { SMTPServerDataStream } from 'smtp-server';
import { refusals } from './refusal.ts';

export interface MemoryLimitOptions {
  /** Of one message. */
  readonly maxBytes: number;
  /** Of all that are held at once. */
  readonly maxHeldBytes: number;
  /** Of one message, from its first byte to its last. */
  readonly withinMs: number;
}

/** Holds messages in memory while they come in and are stored: a bounded amount altogether, each for a bounded time. */
export class MemoryLimit {
  readonly #limits: MemoryLimitOptions;
  #held = 0;

  constructor(limits: MemoryLimitOptions) {
    this.#limits = limits;
  }

  /**
   * Reads the message to its end, whatever becomes of it (the answer is only heard then), and hands it over in pieces.
   * @throws {Refusal} too large, or too many at once. @param hangUp ends the connection of one who takes too long.
   */
  async hold<T>(
    stream: SMTPServerDataStream,
    hangUp: () => void,
    use: (body: readonly Uint8Array[]) => Promise<T>,
  ): Promise<T> {
    let pieces: Uint8Array[] = [];
    let mine = 0;
    let full = false;
    const drop = (): void => {
      this.#held -= mine;
      mine = 0;
      pieces = [];
    };
    const deadline = setTimeout(() => stream.destroy(refusals.later()), this.#limits.withinMs);
    try {
      for await (const piece of stream as AsyncIterable<Uint8Array>) {
        full ||= this.#held + piece.length > this.#limits.maxHeldBytes;
        if (full || stream.sizeExceeded) {
          drop();
          continue;
        }
        pieces.push(piece);
        mine += piece.length;
        this.#held += piece.length;
      }
      clearTimeout(deadline);
      if (stream.sizeExceeded) throw refusals.tooLarge(this.#limits.maxBytes);
      if (full) throw refusals.full();
      return await use(pieces);
    } catch (error) {
      if (stream.errored) hangUp();
      throw error;
    } finally {
      clearTimeout(deadline);
      drop();
    }
  }
}
