import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { publicOnly, refusePrivateLiteral } from './public-address.ts';

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Whether the address may lead into a private network. */
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
  /** So many characters of an answer that refuses are read; none by default. */
  readonly reads?: number;
}

export interface PostAnswer {
  readonly status: number;
  /** As the header has it. */
  readonly retryAfter: string | undefined;
  /** The beginning of an answer that refuses. */
  readonly said: string;
}

const MAX_HEAD_BYTES = 16_384;

/**
 * A POST to an address that somebody else has chosen: to public addresses only, unless allowed, and with a connection of
 * its own, so that one that hangs delays no other. No redirect is followed, and no body is read that is not wanted.
 * @throws {PrivateAddress} or another Error if there is no answer
 */
export async function postTo(
  target: URL,
  { headers, body, allowPrivate, signal, reads = 0 }: Post,
): Promise<PostAnswer> {
  if (!allowPrivate) refusePrivateLiteral(target.hostname);
  const begin = target.protocol === 'https:' ? https : http;
  return await new Promise<PostAnswer>((resolve, reject) => {
    const request = begin(
      target,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: false,
        signal,
        maxHeaderSize: MAX_HEAD_BYTES,
        ...(!allowPrivate && { lookup: publicOnly }),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        let said = '';
        const end = (): void => {
          resolve({ status, retryAfter: response.headers['retry-after'], said: said.slice(0, reads) });
          response.destroy();
        };
        // The status is known: what breaks afterwards changes nothing.
        response.on('error', end);
        if (status < 400 || reads === 0) return end();
        response.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk;
          if (said.length >= reads) end();
        });
        response.on('end', end);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
