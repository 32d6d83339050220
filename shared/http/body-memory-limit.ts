import type { Readable } from 'node:stream';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';

/**
 * Bounds the memory of bodies that must be read before their sender is known: a signature covers the whole body. The
 * bound counts the bytes that have arrived, not the announced length, so a caller without credentials can neither fill
 * the memory nor keep others out by sending slowly.
 */
export class BodyMemoryLimit {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * @throws Problem PAYLOAD_TOO_LARGE, UNAVAILABLE if others hold too much, or VALIDATION_FAILED if the body did not
   * arrive whole
   */
  async hold<T>(request: Readable, limit: number, use: (body: Buffer) => Promise<T>): Promise<T> {
    const pieces: Buffer[] = [];
    let mine = 0;
    try {
      for await (const piece of piecesOf(request)) {
        if (mine + piece.length > limit)
          throw new Problem('PAYLOAD_TOO_LARGE', `A body may have at most ${limit} bytes.`, { limit });
        if (this.#held + piece.length > this.#most)
          throw new Problem('UNAVAILABLE', 'Too many messages are being received at once. Try again in a moment.');
        pieces.push(piece);
        mine += piece.length;
        this.#held += piece.length;
      }
      return await use(Buffer.concat(pieces));
    } finally {
      this.#held -= mine;
      // The rest is read and dropped; otherwise the connection would be reset under the response.
      request.resume();
    }
  }
}

async function* piecesOf(request: Readable): AsyncGenerator<Buffer> {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch {
    throw invalid([{ path: '', message: 'did not arrive whole' }]);
  }
}
