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
  /** Where the lines go; standard output by default. */
  destination?: DestinationStream;
}

/**
 * One JSON object per line with `service`, `time` (RFC 3339), and, within a request, `request_id` and `trace_id`.
 * Log an error as `{ err: error }`, so that its stack and causes are kept and credentials in it are not.
 */
export function createLogger({ service, level, destination: given }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
      mixin: requestFields,
      serializers: { err: shownError, error: shownError },
    },
    given ?? standardOutput(),
  );
  // Pino formats the fields of a line, and not those of a child logger. Children inherit this one from their parent.
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
 * Written before the call returns. Pino's default writes in the background, and a process that exits then has its last lines lost or
 * before those that came first: just those that say why it ended.
 */
const standardOutput = (): DestinationStream => destination({ dest: 1, sync: true });

function requestFields(): object {
  const context = currentContext();
  if (!context) return {};
  const traceId = parseTraceparent(context.traceparent)?.traceId;
  return { ...(context.requestId && { request_id: context.requestId }), ...(traceId && { trace_id: traceId }) };
}

function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const shown: Record<string, unknown> = redacted({ ...(stdSerializers.err(error) as object) });
  // PostgreSQL quotes there what it was given: "Failing row contains (…)", with the text of a mail. Code, constraint and message say enough.
  if ('severity' in error) for (const name of ['detail', 'where']) delete shown[name];
  for (const [name, value] of Object.entries(shown))
    if (typeof value === 'string') shown[name] = withoutUrlCredentials(value);
  return shown;
}
