import { randomFillSync } from 'node:crypto';

/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/) without a tracer: `traceparent` is passed from the gateway
 * through NATS, the outbox and the events whether or not OpenTelemetry is on, so that logs and events of one request
 * can always be correlated.
 */
export interface Traceparent {
  /** 32 lower-case hex digits, not all zero. */
  traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  spanId: string;
  /** Trace flags as two hex digits; `01` = sampled. */
  flags: string;
}

const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined for an invalid header: the standard says to ignore it and to start a new trace. */
export function parseTraceparent(header: string | undefined): Traceparent | undefined {
  const [, version, traceId, spanId, flags, rest] = SHAPE.exec(header ?? '') ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // A later version may append fields; version 00 may not, and ff is reserved.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
}

/** Always written as version 00, whatever version was read. */
export const formatTraceparent = ({ traceId, spanId, flags }: Traceparent): string =>
  `00-${traceId}-${spanId}-${flags}`;

/** A new trace, marked as sampled, so that a later process that records spans keeps it. */
export const newTraceparent = (): string => formatTraceparent({ traceId: hex(16), spanId: hex(8), flags: '01' });

/** The same trace with a new span id; a new trace if there is no valid parent. */
export function childTraceparent(parent: string | undefined): string {
  const parsed = parseTraceparent(parent);
  return parsed ? formatTraceparent({ ...parsed, spanId: hex(8) }) : newTraceparent();
}

/** Random bytes generated at once: a call of the generator for each id was 5 % of the gateway's time for a creation. */
const BATCH_BYTES = 2_048;
const bytes = new Uint8Array(BATCH_BYTES);
let digits = '';
let at = 0;

// All zeros would be invalid, which happens once in 2^64 span ids.
function hex(count: number): string {
  if (at + 2 * count > digits.length) {
    digits = Buffer.from(randomFillSync(bytes).buffer).toString('hex');
    at = 0;
  }
  at += 2 * count;
  return digits.slice(at - 2 * count, at);
}
