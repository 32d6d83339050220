import type { OperatorResponseTo } from '@missions/client/operator-client.ts';

/** Sizes and spans as operators read them. */
const SIZES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 MiB`; negative is no limit. */
export function sizeOf(bytes: number): string {
  if (bytes < 0) return 'no limit';
  const step = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const count = bytes / 1024 ** step;
  return `${Number.isInteger(count) ? count : count.toFixed(1)} ${SIZES[step] ?? ''}`;
}

/** `350 ms`, `12 s`, `3 min`, `2 h`, `5 days`. */
export function spanOf(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** The checks that fail, in words. */
export const failingOf = (checks: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(checks)
    .filter(([, result]) => result !== 'ok')
    .map(([name, result]) => `${name}: ${typeof result === 'string' ? result : JSON.stringify(result)}`);

type Clocks = Pick<OperatorResponseTo<'getOperateStatus'>['services'][number], 'service' | 'clock'>[];

/** Signatures and tokens bear some more; a second is what a person would notice. */
const AGREES_MS = 1_000;

/** By which clocks the services go, in a sentence for each that is not as it should be; undefined if none is known. */
export function clocksOf(services: Clocks): string[] | undefined {
  const known = services.flatMap(({ service, clock }) => (clock ? [{ service, ...clock }] : []));
  if (known.length === 0) return undefined;
  const odd = known.flatMap(({ service, virtual, host_ahead_ms }) => {
    if (virtual) return [`${service} goes by a clock that a test moves.`];
    if (Math.abs(host_ahead_ms) < AGREES_MS) return [];
    const ahead = `${spanOf(Math.abs(host_ahead_ms))} ${host_ahead_ms > 0 ? 'ahead of' : 'behind'}`;
    return [
      `The machine of ${service} is ${ahead} the database’s clock, by which everything is decided: set it right.`,
    ];
  });
  return odd.length > 0 ? odd : ['All services go by the database’s clock, and their machines agree with it.'];
}
