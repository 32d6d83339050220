import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { DataOf, EventSubject } from '@missions/contracts/events.ts';
import { mirroredStreams, type StreamName, streams } from '@missions/contracts/subjects.ts';

/** A type, such as `mission.completed`, or all of a kind, such as `mission.*`. */
export type EventTypes = EventSubject | `${Kind}.*`;
type Kind = EventSubject extends `${infer First}.${string}` ? First : never;
type TypesOf<Pattern extends EventTypes> = Pattern extends `${infer First}.*`
  ? Extract<EventSubject, `${First}.${string}`>
  : Pattern;

/** The events of these types: a union by `type`, so that a check of it says what `data` is. */
export type Event<Pattern extends EventTypes = EventTypes> = {
  [Type in Extract<TypesOf<Pattern>, EventSubject>]: Omit<EventEnvelope, 'type' | 'data'> & {
    type: Type;
    data: DataOf<Type>;
  };
}[Extract<TypesOf<Pattern>, EventSubject>];

/** The streams that hold the events, each with what is wanted of it. @throws TypeError for a type that no stream holds */
export function streamsOf(types: readonly string[]): Map<StreamName, string[]> {
  const found = new Map<StreamName, string[]>();
  for (const type of types) {
    const stream = mirroredStreams.find((name) =>
      streams[name].subjects.some((pattern) => type.startsWith(pattern.slice(0, -1)) && type.split('.').length === 2),
    );
    if (!stream) throw new TypeError(`There are no events '${type}'. Name a type, or all of a kind, e.g. 'mission.*'.`);
    found.set(stream, [...(found.get(stream) ?? []), type]);
  }
  if (found.size === 0) throw new TypeError("Say which events: types: ['mission.*'].");
  return found;
}
