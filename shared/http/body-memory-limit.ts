import type { Readable } from 'node:stream';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';

/**
 * Bodies that have to be read before it is known whose they are: a signature is of the whole. What all of them hold at once is bounded, by what has
 * come and not by what was announced, so that whoever may send nothing cannot fill the memory, nor keep others out by sending slowly.
 */
export class BodyMemoryLimit {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws {Problem} `PAYLOAD_TOO_LARGE`, `UNAVAILABLE` when others hold too much, or `VALIDATION_FAILED` when it did not arrive whole. */
  async hold<T>(request: Readable, limit: number, use: (body: Buffer) => Promise<T>): Promise<T> {
    const pieces: Buffer[] = [];
    let mine = 0;
    try {
      for await (const piece of piecesOf(request)) {
        if (mine + piece.length > limit)
          throw new Problem('PAYLOAD_TOO_LARGE', `A body may have at most ${limit} bytes.`, { limit });
        if (this.#held + piece.length > this.#most)
          throw new Problem('UNAVAILABLE', 'Too many messages are being taken in at once. Try again.');
        pieces.push(piece);
        mine += piece.length;
        this.#held += piece.length;
      }
      return await use(Buffer.concat(pieces));
    } finally {
      this.#held -= mine;
      // What is left of it is read and forgotten: else the connection is reset under the answer.
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
