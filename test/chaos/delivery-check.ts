import type { Acknowledged } from './load.ts';

export interface HistoryEntry {
  id: string;
  sequence: number;
  content: string;
}

export interface StoredEvent {
  id: string;
  missionId: string;
  version: number;
  index: number;
}

/** What was acknowledged to callers, what the product shows afterwards, and the effects in a consumer. */
export interface DeliveryObservations {
  acknowledged: readonly Acknowledged[];
  /** By mission, as the API returns it. */
  history: ReadonlyMap<string, readonly HistoryEntry[]>;
  /** In the order of the stream; an event that is stored twice is listed twice. */
  stream: readonly StoredEvent[];
  /** Event ids, one for each effect. */
  effects: readonly string[];
}

/** One sentence for each violated guarantee. */
export const violations = (observations: DeliveryObservations): string[] => [
  ...lostWrites(observations),
  ...disorder(observations),
  ...wrongEffects(observations),
];

function lostWrites({ acknowledged, history }: DeliveryObservations): string[] {
  return acknowledged.flatMap(({ missionId, marks }) => {
    const entries = history.get(missionId) ?? [];
    if (entries.length === 0) return [`mission ${missionId} was acknowledged and is lost`];
    const gaps = entries.some((entry, at) => entry.sequence !== at + 1)
      ? [`mission ${missionId}: its history has a gap`]
      : [];
    return [
      ...gaps,
      ...marks.flatMap((mark) => {
        const times = entries.filter((entry) => entry.content === mark).length;
        return times === 1 ? [] : [`mission ${missionId}: ${mark} was acknowledged once and is there ${times} times`];
      }),
    ];
  });
}

/** First deliveries are ordered by version and index; a repetition may arrive at any later time. */
export function disorder({ stream }: Pick<DeliveryObservations, 'stream'>): string[] {
  const seen = new Set<string>();
  const last = new Map<string, StoredEvent>();
  return stream.flatMap((event) => {
    if (seen.has(event.id)) return [];
    seen.add(event.id);
    const before = last.get(event.missionId);
    last.set(event.missionId, event);
    const follows =
      !before || event.version > before.version || (event.version === before.version && event.index > before.index);
    return follows
      ? []
      : [
          `mission ${event.missionId}: ${event.version}.${event.index} was published after ${before.version}.${before.index}`,
        ];
  });
}

function wrongEffects({ history, stream, effects }: DeliveryObservations): string[] {
  const committed = new Set([...history.values()].flat().map((entry) => entry.id));
  const streamed = new Set(stream.map((event) => event.id));
  const times = new Map<string, number>();
  for (const id of effects) times.set(id, (times.get(id) ?? 0) + 1);
  return [
    ...[...committed].filter((id) => !streamed.has(id)).map((id) => `event ${id} was committed and never published`),
    ...[...streamed].filter((id) => !committed.has(id)).map((id) => `event ${id} was published and never committed`),
    ...[...committed].filter((id) => !times.has(id)).map((id) => `event ${id} had no effect`),
    ...[...times].filter(([, count]) => count > 1).map(([id, count]) => `event ${id} had its effect ${count} times`),
    ...[...times.keys()]
      .filter((id) => !committed.has(id))
      .map((id) => `event ${id} had an effect and was never committed`),
  ];
}
