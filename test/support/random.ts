let runSeed = Math.trunc(Date.now()) % 2 ** 31;

/** Called by the runner, before it loads a spec: `npm test -- --seed N`. */
export function setSeed(seed: number): void {
  runSeed = seed;
}

/**
 * Random numbers from 0 up to 1 that depend on the seed of the run and on `purpose` only, so that a run with the same
 * seed repeats them whatever else runs beside it. Mulberry32, from FNV-1a of the purpose.
 */
export function random(purpose: string): () => number {
  let state = runSeed;
  for (const character of purpose) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01_00_01_93);
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
