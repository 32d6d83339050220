/** One round of load. The same request again and again, but for its `Idempotency-Key`. */
export interface Order {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  path: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  /** Each connection has one request in flight and sends the next when the answer has come. */
  connections: number;
  seconds: number;
  /** The only status that counts; any other is an error. */
  expect: number;
  /** A fresh key on each request, as the typed client sends one. */
  idempotencyKeys: boolean;
}

/** What one contender did in one round. Times are milliseconds. */
export interface Sample {
  perSecond: number;
  /** All that were answered well, also before and after the clock ran. */
  requests: number;
  p50: number;
  p99: number;
  errors: number;
}

export interface Answer extends Sample {
  /** What the first unexpected answer said. */
  firstError?: string;
}
