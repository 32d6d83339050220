import type { Mission } from '../domain/state.ts';

/**
 * Full text of a mission: the words of title, description and tasks (SPEC section 5, `q`), in PostgreSQL's `simple` configuration, because
 * missions are written in any language and names must be found as they are.
 *
 * The owner is one more word of the document, which no text can contain: one GIN look-up then intersects a user's missions with the words
 * sought, and a word that a million others use costs nothing. (Filtering by user after the look-up reads every mission that has the word.)
 */
const ownerWord = (customer: string, user: string): string => `array_to_tsvector(array['@' || md5(${customer} || chr(31) || ${user})])`;

/** SQL of a document. The parameters are SQL too. */
export const searchDocument = (text: string, customer: string, user: string): string => `(to_tsvector('simple', ${text}) || ${ownerWord(customer, user)})`;

/** SQL of the condition that a document is this user's and has these words. */
export const searchCondition = (document: string, words: string, customer: string, user: string): string =>
  `${document} @@ (websearch_to_tsquery('simple', ${words}) && ('''@' || md5(${customer} || chr(31) || ${user}) || '''')::tsquery)`;

/** Beyond this a document would near the 1 MB that a tsvector may have. */
const MAX_TEXT = 200_000;

export function searchText(mission: Mission): string {
  const parts = [mission.title, mission.description, ...mission.tasks.flatMap((task) => [task.title, task.description])];
  return parts.filter((part) => part !== '').join('\n').slice(0, MAX_TEXT);
}
