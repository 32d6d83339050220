import type { StoredEvent } from './delivery-check.ts';
import type { StreamEntry } from './stream-recorder.ts';

/** What was committed, what JetStream stores of it, and what the user's stream showed. */
export interface PublicationObservations {
  /** Events of all outboxes. */
  readonly committed: readonly { readonly id: string; readonly stream: string }[];
  /** Ids of the messages of each stream. */
  readonly stored: ReadonlyMap<string, ReadonlySet<string>>;
  /** Messages of the stream of missions, in its order. */
  readonly ordered: readonly StoredEvent[];
  /** Entries of the histories of the user's missions. */
  readonly history: readonly { readonly id: string; readonly mission_id: string }[];
  readonly shown: readonly StreamEntry[];
  readonly deadLetters: number;
}

/** One sentence for each event or entry that is lost, made up, doubled or out of order. */
export const violations = (observations: PublicationObservations): string[] => [
  ...lostEvents(observations),
  ...wrongEntries(observations),
  ...(observations.deadLetters > 0 ? [`${observations.deadLetters} events became dead letters`] : []),
];

function lostEvents({ committed, stored }: PublicationObservations): string[] {
  const ids = new Set(committed.map(({ id }) => id));
  return [
    ...committed.flatMap(({ id, stream }) =>
      stored.get(stream)?.has(id) ? [] : [`event ${id} was committed and is not in ${stream}`],
    ),
    ...[...stored].flatMap(([stream, all]) =>
      [...all].flatMap((id) => (ids.has(id) ? [] : [`event ${id} is in ${stream} and was never committed`])),
    ),
  ];
}

function wrongEntries({ history, shown }: PublicationObservations): string[] {
  const known = new Set(history.map(({ id }) => id));
  const seen = new Set(shown.map(({ id }) => id));
  const once = new Set<string>();
  const last = new Map<string, StreamEntry>();
  return [
    ...history.flatMap(({ id, mission_id }) =>
      seen.has(id) ? [] : [`mission ${mission_id}: entry ${id} never reached the user's stream`],
    ),
    ...[...seen].flatMap((id) => (known.has(id) ? [] : [`the user's stream showed entry ${id}, which is nowhere`])),
    ...shown.flatMap((entry) => {
      const { id, mission_id, sequence, connection } = entry;
      const found: string[] = [];
      const [here, mission] = [`${connection} ${id}`, `${connection} ${mission_id}`];
      if (once.has(here)) found.push(`connection ${connection} showed entry ${id} twice`);
      once.add(here);
      const before = last.get(mission);
      if (before && sequence < before.sequence)
        found.push(`mission ${mission_id}: ${named(entry)} was shown after ${named(before)}`);
      else last.set(mission, entry);
      return found;
    }),
  ];
}

const named = ({ id, sequence, created_at }: StreamEntry): string => `entry ${sequence} (${id} of ${created_at})`;
