import { isDisturbed, watchMachine } from './machine.ts';
import type { Sample } from './load/order.ts';
import type { Bench, Contender } from './row.ts';
import { isRoundDue } from './time.ts';

export type Samples = Map<string, Sample[]>;

export interface RoundOptions {
  /**
   * Runs before each contender's turn, unmeasured: e.g. a checkpoint, so that none pays for the writes of the one
   * before.
   */
  settle?: () => Promise<void>;
}

/**
 * Warms every contender, then lets them take turns: A B C, A B C … in one run. The machines that this runs on are
 * shared, and what disturbs one round disturbs the neighbours alike; figures of different runs cannot be compared,
 * ratios within one can.
 */
export async function alternate(
  bench: Bench,
  contenders: readonly Contender[],
  { settle }: RoundOptions = {},
): Promise<Samples> {
  const { seconds, warmup } = bench.options;
  const samples: Samples = new Map(contenders.map(({ name }) => [name, []]));
  if (warmup > 0) {
    bench.say(`warming up, ${warmup} s each`);
    for (const contender of contenders) await contender.round(warmup);
  }
  const width = Math.max(...contenders.map(({ name }) => name.length));
  bench.say(`round  ${'contender'.padEnd(width)}      per s    p50 ms    p99 ms   busy  steal   load  used by others`);
  for (let round = 1; isRoundDue(bench, round); round += 1) {
    for (const contender of contenders) {
      await settle?.();
      const reading = watchMachine();
      const sample = await contender.round(seconds);
      const machine = reading();
      samples.get(contender.name)?.push(sample);
      bench.say(
        [
          String(round).padStart(5),
          contender.name.padEnd(width),
          sample.perSecond.toFixed(0).padStart(9),
          sample.p50.toFixed(2).padStart(8),
          sample.p99.toFixed(2).padStart(8),
          percent(machine.busy),
          percent(machine.steal),
          (machine.load1?.toFixed(2) ?? '–').padStart(5),
          usedByOthers(machine.others),
        ].join('  ') + (sample.errors > 0 ? `  ${sample.errors} ERRORS` : ''),
      );
    }
  }
  return samples;
}

export const series = (samples: Samples, name: string, figure: keyof Sample): number[] =>
  (samples.get(name) ?? []).map((sample) => sample[figure]);

/** Cores; marked where that disturbs the measurement. */
export const usedByOthers = (cores: number | null): string =>
  cores === null ? '–' : `${cores.toFixed(2)} cores${isDisturbed(cores) ? ' (DISTURBED)' : ''}`;

const percent = (share: number | null): string => (share === null ? '–' : `${share.toFixed(0)}%`).padStart(4);
