/**
 * A reply has a size, so that parts of large missions are shorter than they were asked for. What is left out is said:
 * `omitted: {recent_events: 3}`. A representation that is whole has no such member.
 */
export type Omitted = Record<string, number>;

/** A reply below this many characters was not cut: `fitting` lets two megabytes of entries pass. */
const LARGE = 1_000_000;

export interface Part {
  /** JSON text of a list. */
  readonly json: string;
  /** How many entries do not fit. */
  readonly omitted: number;
}

/** The first entries of a list, in JSON, that together take at most `most` bytes. */
export function firstWithin(json: string, most: number): Part {
  if (Buffer.byteLength(json) <= most) return { json, omitted: 0 };
  const entries = JSON.parse(json) as unknown[];
  let left = most;
  const texts = entries.map((entry) => JSON.stringify(entry));
  const end = texts.findIndex((text) => (left -= Buffer.byteLength(text) + 1) < 0);
  const shown = end === -1 ? texts : texts.slice(0, end);
  return { json: `[${shown.join(',')}]`, omitted: texts.length - shown.length };
}

/** JSON text of the member, behind others; nothing if nothing was left out. */
export function omittedMember(omitted: Omitted): string {
  const parts = Object.entries(omitted).filter(([, count]) => count > 0);
  return parts.length === 0 ? '' : `,"omitted":${JSON.stringify(Object.fromEntries(parts))}`;
}

/**
 * A mission, in JSON, that says how many of its newest history entries are missing.
 * @param wanted how many were asked for.
 */
export function withOmittedEvents(mission: string, wanted: number): string {
  if (wanted === 0 || mission.length < LARGE) return mission;
  const { recent_events: events = [] } = JSON.parse(mission) as { recent_events?: { sequence: number }[] };
  // Entries are numbered from 1 without a gap, and the newest is the first.
  const omitted = Math.min(wanted, events[0]?.sequence ?? 0) - events.length;
  return `${mission.slice(0, mission.lastIndexOf('}'))}${omittedMember({ recent_events: omitted })}}`;
}
