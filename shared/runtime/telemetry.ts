import { telemetryRequested } from './config.ts';
import { recordSpans } from './span.ts';

/**
 * Loads OpenTelemetry only if the environment requests it: the SDK costs about 105 MB and a second of start, so a
 * service without telemetry must not even import it. Exporters, protocol, sampling and headers are the SDK's own
 * `OTEL_*` variables (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Spans are
 * made by `span.ts`.
 *
 * @returns a function that flushes and stops the SDK; call it after everything else has stopped.
 */
export async function startTelemetry(serviceName: string): Promise<() => Promise<void>> {
  if (!telemetryRequested()) return () => Promise.resolve();
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName });
  sdk.start();
  recordSpans();
  return () => sdk.shutdown();
}
