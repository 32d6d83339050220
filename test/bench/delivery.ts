/** What a stream was sent of an event: its id, and how long after the time that the event bears. */
export interface Delivered {
  ids: readonly string[];
  /** In the order of `ids`. */
  delaysMs: readonly number[];
}

/**
 * Sentences about events that a stream did not get, got more than once, or got though nobody wrote them; none if every
 * stream got every event once.
 */
export function deliveryFaults(written: readonly string[], streams: readonly Pick<Delivered, 'ids'>[]): string[] {
  return streams.flatMap(({ ids }, at) => {
    const times = new Map(written.map((id) => [id, 0]));
    const strange = new Set<string>();
    for (const id of ids) {
      const seen = times.get(id);
      if (seen === undefined) strange.add(id);
      else times.set(id, seen + 1);
    }
    const missing = written.filter((id) => times.get(id) === 0);
    const repeated = written.filter((id) => (times.get(id) ?? 0) > 1);
    const told = { missing, 'delivered more than once': repeated, 'delivered and never written': [...strange] };
    return Object.entries(told).flatMap(([what, which]) =>
      which.length === 0
        ? []
        : `stream ${at + 1} of ${streams.length}: ${which.length} of ${written.length} events ${what}, the first ${which[0]}`,
    );
  });
}
