import { randomFillSync } from 'node:crypto';

/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/) without a tracer: `traceparent` flows from the edge through NATS, the
 * outbox and the events whether or not OpenTelemetry is on, so that logs and events of one request can always be put together.
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

/** undefined for anything that is not a valid header: the standard says to ignore it and to start a new trace. */
export function parseTraceparent(header: string | undefined): Traceparent | undefined {
  const [, version, traceId, spanId, flags, rest] = SHAPE.exec(header ?? '') ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // A later version may append fields; version 00 may not, and ff is reserved.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags };
}

/** Always written as version 00, whatever version was read. */
export const formatTraceparent = (it: Traceparent): string => `00-${it.traceId}-${it.spanId}-${it.flags}`;

/** A new trace, marked as sampled, so that a later hop that does record spans keeps it. */
export const newTraceparent = (): string => formatTraceparent({ traceId: hex(16), spanId: hex(8), flags: '01' });

/** The same trace with a span id of its own; a new trace when there is no valid parent. */
export function childTraceparent(parent: string | undefined): string {
  const known = parseTraceparent(parent);
  return known ? formatTraceparent({ ...known, spanId: hex(8) }) : newTraceparent();
}

/** Hex digits drawn at once: a call of the generator for each id was 5 % of a creation's time in the gateway. */
const DRAWN_BYTES = 2_048;
const bytes = new Uint8Array(DRAWN_BYTES);
let drawn = '';
let at = 0;

// All zero is invalid, and comes up once in 2^64 span ids.
function hex(count: number): string {
  if (at + 2 * count > drawn.length) {
    drawn = Buffer.from(randomFillSync(bytes).buffer).toString('hex');
    at = 0;
  }
  const digits = drawn.slice(at, at + 2 * count);
  at += 2 * count;
  return digits;
}
