import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { importJWK, type JWTPayload, jwtVerify } from 'jose';
import type { Device } from '../domain/notice.ts';

/** What a browser keeps of its subscription. */
export class BrowserKeys {
  readonly #ecdh = createECDH('prime256v1');
  readonly #auth: Buffer;

  /** @param known of an example; new ones by default */
  constructor(known?: { readonly privateKey: string; readonly auth: string }) {
    if (known) this.#ecdh.setPrivateKey(Buffer.from(known.privateKey, 'base64url'));
    else this.#ecdh.generateKeys();
    this.#auth = known ? Buffer.from(known.auth, 'base64url') : randomBytes(16);
  }

  get p256dh(): string {
    return this.#ecdh.getPublicKey('base64url');
  }
  get auth(): string {
    return this.#auth.toString('base64url');
  }

  /** As RFC 8291 section 3.4 and RFC 8188 section 2 have it, by node's own primitives. @throws Error if it is not for these keys */
  decrypt(body: Buffer): string {
    const salt = body.subarray(0, 16);
    const idLength = body.readUInt8(20);
    const sender = body.subarray(21, 21 + idLength);
    const record = body.subarray(21 + idLength);
    if (record.length > body.readUInt32BE(16)) throw new Error('more than one record');
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#ecdh.getPublicKey(), sender]);
    const key = (ikm: Uint8Array, from: Uint8Array, what: Uint8Array, length: number) =>
      Buffer.from(hkdfSync('sha256', ikm, from, what, length));
    const ikm = key(this.#ecdh.computeSecret(sender), this.#auth, info, 32);
    const contentKey = key(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = key(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
    const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce).setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    const end = padded.findLastIndex((byte) => byte !== 0);
    if (padded[end] !== 2) throw new Error('the last record does not end with its delimiter');
    return padded.subarray(0, end).toString();
  }
}

export interface PushedToService {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A push service (RFC 8030) that keeps what it gets, and answers as a test chooses. */
export class PushService {
  readonly pushed: PushedToService[] = [];
  status = 201;
  /** Of single devices, by their id, in the place of `status`. */
  readonly statusOf = new Map<string, number>();
  answer = '';
  readonly #server: Server;
  readonly #scheme: string;

  /** @param tls without it, plain HTTP */
  constructor(tls?: { readonly key: string; readonly cert: string }) {
    this.#scheme = tls ? 'https' : 'http';
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.#take(request, response);
    this.#server = tls ? createHttps(tls, take) : createHttp(take);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.pushed.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
    const status = this.statusOf.get(request.url?.split('/').at(-1) ?? '') ?? this.status;
    response.writeHead(status, { location: '/elsewhere' }).end(this.answer);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get origin(): string {
    return `${this.#scheme}://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  device(keys: BrowserKeys, id = 'd1'): Device {
    return { id, endpoint: `${this.origin}/push/${id}`, p256dh: keys.p256dh, auth: keys.auth };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Who sent a message, as a push service finds out (RFC 8292). @throws Error for a token that is not valid there */
export async function senderOf(
  headers: IncomingHttpHeaders,
  origin: string,
): Promise<{ key: string; claims: JWTPayload }> {
  const [, token = '', key = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization ?? '') ?? [];
  const point = Buffer.from(key, 'base64url');
  if (point.length !== 65 || point[0] !== 4) throw new Error('k is no uncompressed point of P-256');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  const publicKey = await importJWK({ kty: 'EC', crv: 'P-256', x: x!, y: y! }, 'ES256');
  const { payload } = await jwtVerify(token, publicKey, { audience: origin, algorithms: ['ES256'] });
  return { key, claims: payload };
}
