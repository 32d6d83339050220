import type { Mission } from '../domain/state.ts';

/**
 * Full text of a mission: the words of title, description and tasks (specification section 5, `q`), in PostgreSQL's `simple` configuration, because
 * missions are written in any language and names must be found as they are.
 *
 * Each word of a document, and of a query, bears its owner in front. The index then holds one list for each user and word, and a word that a
 * million missions of others use costs nothing. (One list for each word, intersected with one for each owner, still walked the long list:
 * 14 ms among 10⁶ missions. Filtering a user's missions instead is as slow as the user has many.)
 */
const owner = (customer: string, user: string): string => `left(md5(${customer} || chr(31) || ${user}), 12)`;

/** Both text forms, of a document and of a query, quote each word and double the quotation marks within: a whole word is matched at a time. */
const owned = (words: string, customer: string, user: string): string =>
  `regexp_replace((${words})::text, '''((?:[^'']|'''')*)''', '''' || ${owner(customer, user)} || '\\1''', 'g')`;

/**
 * SQL of a document. The parameters are SQL too. No word has a space in it, so each begins behind one: to replace plain text takes 4 to 13 µs for
 * a mission of 25 words, and the regular expression that a query needs takes 65 or more, a third of what the whole creation costs PostgreSQL.
 */
export const searchDocument = (text: string, customer: string, user: string): string =>
  `ltrim(replace(' ' || to_tsvector('simple', ${text})::text, ' ''', ' ''' || ${owner(customer, user)}))::tsvector`;

/** SQL of the condition that a document has these words. Whose mission it is must be asked as well: the owner in a word is a short hash. */
export const searchCondition = (document: string, words: string, customer: string, user: string): string =>
  `${document} @@ ${owned(`websearch_to_tsquery('simple', ${words})`, customer, user)}::tsquery`;

/** Beyond this a document, with its owners, would near the 1 MB that a tsvector may have. */
const MAX_TEXT = 100_000;

export function searchText(mission: Mission): string {
  const parts = [
    mission.title,
    mission.description,
    ...mission.tasks.flatMap((task) => [task.title, task.description]),
  ];
  return parts
    .filter((part) => part !== '')
    .join('\n')
    .slice(0, MAX_TEXT);
}
