import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type { Registry };

/**
 * The process's Prometheus metrics, in one registry. A metric is declared by name at the top of the module that uses
 * it; declaring the same name again returns the same metric, so that two relays or buses in one process (a test) share
 * it.
 */
export const registry = new Registry();

/** In seconds: from a fast statement to a request that is about to time out. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Label values must come from a small fixed set: a route's pattern, never its path, and never an id. */
export function counter<Label extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return declared(name) ?? new Counter({ name, help, labelNames, registers: [registry] });
}

export function histogram<Label extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
  buckets: number[] = LATENCY_BUCKETS,
): Histogram<Label> {
  return declared(name) ?? new Histogram({ name, help, labelNames, buckets, registers: [registry] });
}

export function gauge<Label extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Gauge<Label> {
  return declared(name) ?? new Gauge({ name, help, labelNames, registers: [registry] });
}

/**
 * Collects memory, CPU, event loop and garbage collection of the process, labelled with the service. If several
 * services run in one process, with the first one.
 */
export function collectProcessMetrics(service: string, version: string): void {
  if (declared('process_cpu_user_seconds_total')) return;
  registry.setDefaultLabels({ service });
  gauge('missions_build_info', 'Always 1; which version runs', ['version']).set({ version }, 1);
  collectDefaultMetrics({ register: registry });
}

function declared<Metric>(name: string): Metric | undefined {
  return registry.getSingleMetric(name) as Metric | undefined;
}
