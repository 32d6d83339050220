import { telemetryAsked } from './config.ts';

/**
 * OpenTelemetry, loaded only when the environment asks for it: the SDK costs about 105 MB and a second of start, so a service
 * without it must not even import it. Exporters, protocol, sampling and headers are the SDK's own `OTEL_*` variables
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Spans are made by `span.ts`.
 *
 * Answers a function that flushes and stops it; call it after everything else has stopped.
 */
export async function startTelemetry(serviceName: string): Promise<() => Promise<void>> {
  if (!telemetryAsked()) return () => Promise.resolve();
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName });
  sdk.start();
  return () => sdk.shutdown();
}
