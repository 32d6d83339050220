import { context, type Link, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { currentContext, withContext } from './context.ts';
import { childTraceparent, formatTraceparent, parseTraceparent } from './trace.ts';

type Attributes = Record<string, string | number | boolean>;

export interface SpanOptions {
  /** `server`/`client` for requests, `consumer`/`producer` for events, `internal` for the rest. */
  kind: 'server' | 'client' | 'consumer' | 'producer' | 'internal';
  /** The `traceparent` of the request or message. Default: the current context's; without one, a new trace begins. */
  parent?: string | undefined;
  requestId?: string | undefined;
  /** Called only while spans are recorded. */
  attributes?: () => Attributes;
  /** The `traceparent`s of what this step handles together, if they are several. Called only while spans are recorded. */
  links?: () => readonly (string | undefined)[];
  /** What is recorded of an error. Default: its message and its stack. */
  failed?: (error: unknown) => Attributes;
}

/** What a step learns about itself while it runs. */
export interface RunningSpan {
  describe(name: string, attributes: Attributes, outcome?: 'failed'): void;
}

const kinds: Record<SpanOptions['kind'], SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
};

let recording = false;
/** Called when the SDK is there. Until then a span costs no more than its id. */
export function recordSpans(): void {
  recording = true;
}

/** Whether a span would be recorded as a part of a call: for steps that are told of only where they are one. */
export const isTraced = (): boolean => recording && currentContext() !== undefined;

/**
 * Runs one step of a request as a span of its trace, within the request's context. With telemetry off the span is only
 * a new span id, so that `traceparent` is passed on in the same way.
 * @param fn is given the span only while spans are recorded.
 */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  fn: (span?: RunningSpan) => Promise<T>,
): Promise<T> {
  const current = currentContext();
  const { parent = current?.traceparent, requestId = current?.requestId } = options;
  if (!recording)
    return await withContext({ traceparent: childTraceparent(parent), ...(requestId && { requestId }) }, fn);
  return await recorded(name, { ...options, parent, requestId }, fn);
}

async function recorded<T>(
  name: string,
  { kind, parent, requestId, attributes, links, failed }: SpanOptions,
  fn: (span?: RunningSpan) => Promise<T>,
): Promise<T> {
  const settings = {
    kind: kinds[kind],
    attributes: attributes?.() ?? {},
    links: (links?.() ?? currentContext()?.alongside ?? []).flatMap((header) => linkTo(header) ?? []),
  };
  const span = trace.getTracer('missions').startSpan(name, settings, parentOf(parent));
  try {
    const inner = { traceparent: traceparentOf(span), ...(requestId && { requestId }) };
    return await context.with(trace.setSpan(context.active(), span), () => withContext(inner, () => fn(running(span))));
  } catch (error) {
    if (failed) span.setAttributes(failed(error));
    else span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

const running = (span: Span): RunningSpan => ({
  describe(name, attributes, outcome) {
    span.updateName(name).setAttributes(attributes);
    if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  },
});

function contextOf(header: string | undefined) {
  const parsed = parseTraceparent(header);
  if (!parsed) return undefined;
  const { traceId, spanId, flags } = parsed;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function parentOf(header: string | undefined) {
  const parent = contextOf(header);
  return parent ? trace.setSpanContext(context.active(), parent) : context.active();
}

function linkTo(header: string | undefined): Link | undefined {
  const linked = contextOf(header);
  return linked && { context: linked };
}

/** Also of a span that the sampler left out: the services after it then leave theirs out. */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return formatTraceparent({ traceId, spanId, flags: (traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0') });
}
