import {
  type Bindings,
  type ChildLoggerOptions,
  destination,
  type DestinationStream,
  type Logger,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from 'pino';
import { currentContext } from './context.ts';
import { redacted, withoutUrlCredentials } from './redact.ts';
import { parseTraceparent } from './trace.ts';

export type { Logger };

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  service: string;
  level: LogLevel;
  /** Default: standard output. */
  destination?: DestinationStream;
}

/**
 * Writes one JSON object per line with `service`, `time` (RFC 3339), and, within a request, `request_id` and
 * `trace_id`. Log an error as `{ err: error }`, so that its stack and causes are kept and its credentials are not.
 */
export function createLogger({ service, level, destination: given }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
      mixin: requestFields,
      serializers: { err: serializeError, error: serializeError },
    },
    given ?? standardOutput(),
  );
  // Pino's `formatters.log` sees the fields of a line, but not those of a child logger. Grandchildren inherit this
  // function.
  const child = logger.child;
  logger.child = function redactedChild<Levels extends string = never>(
    this: Logger,
    bindings: Bindings,
    options?: ChildLoggerOptions<Levels>,
  ) {
    return child.call<Logger, [Bindings, ChildLoggerOptions<Levels>?], Logger<Levels>>(
      this,
      redacted(bindings),
      options,
    );
  };
  return logger;
}

/**
 * Each line is written before the call returns. Pino's default writes in the background, and a process that exits then
 * loses or reorders its last lines, which are those that say why it ended.
 */
const standardOutput = (): DestinationStream => destination({ dest: 1, sync: true });

function requestFields(): object {
  const context = currentContext();
  if (!context) return {};
  const traceId = parseTraceparent(context.traceparent)?.traceId;
  return { ...(context.requestId && { request_id: context.requestId }), ...(traceId && { trace_id: traceId }) };
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const serialized: Record<string, unknown> = redacted({ ...(stdSerializers.err(error) as object) });
  // PostgreSQL quotes values in these fields: "Failing row contains (…)", with the text of a mail. Code, constraint and
  // message are enough.
  if ('severity' in error) for (const name of ['detail', 'where']) delete serialized[name];
  for (const [name, value] of Object.entries(serialized))
    if (typeof value === 'string') serialized[name] = withoutUrlCredentials(value);
  return serialized;
}
