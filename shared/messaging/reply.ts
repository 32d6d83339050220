import type { Msg } from 'nats';
import { names } from './headers.ts';

export interface ReplyHeaders {
  /** The mission's version, for the `ETag`. */
  version?: number;
  /** The answer of an earlier call with the same idempotency key. */
  replayed?: boolean;
}

/** The body is handed through as text: the gateway need not parse what it only passes on. */
export class Reply {
  readonly body: string;
  readonly headers: ReplyHeaders;

  constructor(body: string, headers: ReplyHeaders = {}) {
    this.body = body;
    this.headers = headers;
  }

  json<T>(): T {
    return JSON.parse(this.body) as T;
  }
}

export function replyOf(message: Msg): Reply {
  const version = message.headers?.get(names.version);
  const replayed = message.headers?.get(names.replayed);
  return new Reply(message.string(), {
    ...(version && { version: Number(version) }),
    ...(replayed && { replayed: replayed === 'true' }),
  });
}
