import type { Health, Readiness } from '@missions/runtime/health.ts';

const KEPT_MS = 1_000;

/**
 * Readiness for whoever asks on a public port: which parts are missing, and not why, because reasons name servers and
 * users. The checks run once a second at most, so that callers cannot make this process ask its database. Operators
 * see the reasons on the health port.
 */
export function publicReadiness(health: Health, now: () => number = () => performance.now()): () => Promise<Readiness> {
  let kept: Promise<Readiness> | undefined;
  let until = Number.NEGATIVE_INFINITY;
  return () => {
    if (!kept || now() >= until) {
      kept = health.report().then(withoutReasons);
      until = now() + KEPT_MS;
    }
    return kept;
  };
}

const withoutReasons = ({ ready, checks }: Readiness): Readiness => ({
  ready,
  checks: Object.fromEntries(Object.entries(checks).map(([name, result]) => [name, result === 'ok' ? 'ok' : 'failed'])),
});
