import { registerHooks } from 'node:module';
import { currentContext } from './context.ts';
import { inSpan } from './span.ts';
import { startTelemetry } from './telemetry.ts';

/**
 * For telemetry.spec.ts: makes one span within the trace of the first argument; prints the `traceparent` inside the
 * span, and whether the SDK was loaded.
 */
let loaded = false;
registerHooks({
  load: (url, context, next) => {
    loaded ||= url.includes('/sdk-');
    return next(url, context);
  },
});

const stop = await startTelemetry('sample');
const traceparent = await inSpan('sample step', { kind: 'server', parent: process.argv[2] }, () =>
  Promise.resolve(currentContext()?.traceparent),
);
await stop();
console.log(JSON.stringify({ traceparent, loaded }));
