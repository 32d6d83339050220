import type { Mission } from '../domain/state.ts';

/**
 * Full text of a mission: the words of title, description and tasks (specification section 5, `q`), in PostgreSQL's
 * `simple` configuration, because missions are written in any language and names must be found as they are.
 *
 * Each word of a document, and of a query, carries its owner as a prefix (decision 0005). The index then holds one list
 * for each user and word, so a word in a million missions of other users costs nothing. (One list for each word,
 * intersected with one for each owner, still walked the long list: 14 ms among 10⁶ missions. Filtering a user's
 * missions instead slows down with the number of the user's missions.)
 */
const owner = (customer: string, user: string): string => `left(md5(${customer} || chr(31) || ${user}), 12)`;

/**
 * Both text forms, of a document and of a query, quote each word and double the quotation marks within: the pattern
 * matches one whole word.
 */
const owned = (words: string, customer: string, user: string): string =>
  `regexp_replace((${words})::text, '''((?:[^'']|'''')*)''', '''' || ${owner(customer, user)} || '\\1''', 'g')`;

/**
 * SQL of a document; the parameters are SQL too. Words contain no space, so each begins behind one, and replacing plain
 * text is enough: it takes 4 to 13 µs for a mission of 25 words. The regular expression that a query needs takes 65 µs
 * or more, a third of the processor time of a whole creation in PostgreSQL.
 */
export const searchDocument = (text: string, customer: string, user: string): string =>
  `ltrim(replace(' ' || to_tsvector('simple', ${text})::text, ' ''', ' ''' || ${owner(customer, user)}))::tsvector`;

/**
 * SQL of the condition that a document has these words. The statement must ask for the mission's owner as well: the
 * prefix of a word is only a short hash.
 */
export const searchCondition = (document: string, words: string, customer: string, user: string): string =>
  `${document} @@ ${owned(`websearch_to_tsquery('simple', ${words})`, customer, user)}::tsquery`;

/**
 * The words of a query as PostgreSQL can read them. Each minus sign before a word negates it, and PostgreSQL ends a
 * query of more than 32 negations in a row with an internal error ("tsquery stack too small"); what it skips may stand
 * between them. Two negations are none.
 */
export const searchWords = (q: string): string =>
  q.replaceAll(/(?<=^|[\s"!&|()])-(?:[\s!&|()]*-)+/g, (run) => (run.replaceAll(/[^-]/g, '').length % 2 ? '-' : ''));

/**
 * UTF-16 units. With the owners in it, the document of a longer text would come near 1 MB, the most that a tsvector may
 * have.
 */
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
