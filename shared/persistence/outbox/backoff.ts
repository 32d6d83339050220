const FIRST_MS = 200;
const LONGEST_MS = 5_000;

/**
 * Missions whose events could not be published, each with the time of its next try. Their events wait, for their order is kept; those of the
 * other missions go on. When one of them succeeds the bus is back, and all are released.
 */
export class MissionBackoff {
  readonly #held = new Map<string, { failures: number; until: number }>();

  fail(missionId: string, now: number): void {
    const failures = (this.#held.get(missionId)?.failures ?? 0) + 1;
    this.#held.set(missionId, { failures, until: now + Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS) });
  }

  /** True when this mission had failed before. */
  succeed(missionId: string): boolean {
    if (!this.#held.delete(missionId)) return false;
    for (const hold of this.#held.values()) hold.until = 0;
    return true;
  }

  /** Drops those whose turn it was and who have nothing pending any more: erased, or published by another relay. */
  forget(seen: ReadonlySet<string>, now: number): void {
    for (const [missionId, { until }] of this.#held)
      if (until <= now && !seen.has(missionId)) this.#held.delete(missionId);
  }

  get size(): number {
    return this.#held.size;
  }

  waiting(now: number): string[] {
    return [...this.#held].filter(([, { until }]) => until > now).map(([missionId]) => missionId);
  }

  /** Milliseconds to the next try, or undefined when nothing is held. */
  nextTryIn(now: number): number | undefined {
    if (this.#held.size === 0) return undefined;
    return Math.max(0, Math.min(...[...this.#held.values()].map(({ until }) => until)) - now);
  }
}
