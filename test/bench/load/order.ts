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

/** Results of one contender in one round. Times are milliseconds. */
export interface Sample {
  perSecond: number;
  /** Number of all good responses, warm-up included. */
  requests: number;
  p50: number;
  p99: number;
  errors: number;
}

export interface Answer extends Sample {
  /** Status and body of the first unexpected response, or the error of its call. */
  firstError?: string;
}
