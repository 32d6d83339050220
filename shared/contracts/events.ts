import type { Static } from 'typebox';
import { missionEvents } from './mission/events.ts';
import { type Parse, parser } from './schema.ts';
import { tolerant } from './tolerant.ts';

/** Every event that has a schema, by its subject, which is its CloudEvents type too. The AsyncAPI document is made from this. */
export const events = { ...missionEvents } as const;

export type EventType = keyof typeof events;
export type DataOf<Type extends EventType> = Static<(typeof events)[Type]>;

/**
 * Reads the data of an event as a consumer should: it asks for what this version needs, and takes whatever a later one adds, members and words
 * of a vocabulary alike. Switch over such a word with a default.
 */
export const eventReader = <Type extends EventType>(type: Type): Parse<DataOf<Type>> => parser(tolerant(events[type])) as Parse<DataOf<Type>>;
