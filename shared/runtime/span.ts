import { context, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { currentContext, withContext } from './context.ts';
import { childTraceparent, formatTraceparent, parseTraceparent } from './trace.ts';

export interface SpanOptions {
  /** `server`/`client` for requests, `consumer`/`producer` for events, `internal` for the rest. */
  kind: 'server' | 'client' | 'consumer' | 'producer' | 'internal';
  /** The `traceparent` of the request or message. Default: the current context's; without one, a new trace begins. */
  parent?: string | undefined;
  requestId?: string | undefined;
  attributes?: Record<string, string | number | boolean>;
}

const kinds: Record<SpanOptions['kind'], SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
};

/**
 * Runs one step of a request as a span of its trace, within the request's context. With telemetry off the span is only
 * a new span id, so that `traceparent` is passed on in the same way.
 */
export async function inSpan<T>(name: string, options: SpanOptions, fn: () => Promise<T>): Promise<T> {
  const {
    kind,
    attributes = {},
    parent = currentContext()?.traceparent,
    requestId = currentContext()?.requestId,
  } = options;
  const span = trace.getTracer('missions').startSpan(name, { kind: kinds[kind], attributes }, parentOf(parent));
  try {
    const inner = { traceparent: traceparentOf(span, parent), ...(requestId && { requestId }) };
    return await context.with(trace.setSpan(context.active(), span), () => withContext(inner, fn));
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

function parentOf(header: string | undefined) {
  const parent = parseTraceparent(header);
  if (!parent) return context.active();
  const { traceId, spanId, flags } = parent;
  return trace.setSpanContext(context.active(), {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

function traceparentOf(span: Span, parent: string | undefined): string {
  // Without an SDK the span is a no-op that repeats its parent's id, or has none.
  if (!span.isRecording()) return childTraceparent(parent);
  const { traceId, spanId, traceFlags } = span.spanContext();
  return formatTraceparent({ traceId, spanId, flags: (traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0') });
}
