import { searchedText, withPairs } from './search-pairs.ts';
import type { Mission } from '../domain/state.ts';

/**
 * Full text of a mission: the words of title, description and tasks (specification section 5, `q`), as they are written
 * (PostgreSQL's `simple` configuration: missions are written in any language, and names must be found as they are) and
 * by their stems in the languages below, marked with `=`. Text without spaces between words is indexed by pairs of
 * characters (`search-pairs.ts`).
 *
 * Each word of a document, and of a query, carries its owner as a prefix (decision 0005). The index then holds one list
 * for each user and word, so a word in a million missions of other users costs nothing. (One list for each word,
 * intersected with one for each owner, still walked the long list: 14 ms among 10⁶ missions. Filtering a user's
 * missions instead slows down with the number of the user's missions.)
 */
const owner = (customer: string, user: string): string => `left(md5(${customer} || chr(31) || ${user}), 12)`;

/**
 * A mission is found by a form of its word in any of these; in others, by the word as it is written. Each makes a
 * document about as expensive again as its words do: 50 µs, of 25 words on a busy machine.
 */
const languages = ['english', 'german'] as const;
/** No word begins with it. */
const STEM = "'='";

/**
 * Characters of which the stems are indexed. With all of a longer text the document would be larger than a tsvector may
 * be.
 */
const MAX_STEMMED = 10_000;

/**
 * Both text forms, of a document and of a query, quote each word and double the quotation marks within: the pattern
 * matches one whole word.
 */
const owned = (words: string, prefix: string): string =>
  `regexp_replace((${words})::text, '''((?:[^'']|'''')*)''', '''' || ${prefix} || '\\1''', 'g')::tsquery`;

/**
 * SQL of a document; the parameters are SQL too. Words contain no space, so each begins behind one, and replacing plain
 * text is enough: it takes 4 to 13 µs for the words of a mission of 25. The regular expression that a query needs takes
 * 65 µs or more, a third of the processor time of a whole creation in PostgreSQL.
 */
export const searchDocument = (text: string, customer: string, user: string): string => {
  const words = (document: string, prefix: string): string =>
    `replace(' ' || (${document})::text, ' ''', ' ''' || ${prefix})`;
  const stems = languages.map((language) => `strip(to_tsvector('${language}', left(${text}, ${MAX_STEMMED})))`);
  const of = owner(customer, user);
  return `ltrim(${words(`to_tsvector('simple', ${text})`, of)} || ${words(stems.join(' || '), `${of} || ${STEM}`)})::tsvector`;
};

/**
 * SQL of the condition that a document has what a query asks for. The statement must ask for the mission's owner as
 * well: the prefix of a word is only a short hash. A query that excludes words is taken as it is written: every form of
 * a word would have to be absent, and the forms of the other words present.
 * @param parameter makes SQL of a value.
 */
export function searchCondition(
  document: string,
  q: string,
  parameter: (value: string) => string,
  { customer, user }: { readonly customer: string; readonly user: string },
): string {
  const asWritten = searchWords(q);
  const inPairs = withPairs(asWritten);
  const of = owner(customer, user);
  const query = (language: string, words: string): string => `websearch_to_tsquery('${language}', ${words})`;
  const pairs = parameter(inPairs);
  const found = [owned(query('simple', pairs), of)];
  // Missions that were stored before there were pairs have the whole text between two spaces as one word.
  if (inPairs !== asWritten) found.push(owned(query('simple', parameter(asWritten)), of));
  if (!q.includes('-'))
    found.push(owned(languages.map((language) => query(language, pairs)).join(' || '), `${of} || ${STEM}`));
  return `${document} @@ (${found.join(' || ')})`;
}

/**
 * The words of a query as PostgreSQL can read them. Each minus sign before a word negates it, and PostgreSQL ends a
 * query of more than 32 negations in a row with an internal error ("tsquery stack too small"); what it skips may stand
 * between them. Two negations are none.
 */
const searchWords = (q: string): string =>
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
  const text = parts
    .filter((part) => part !== '')
    .join('\n')
    .slice(0, MAX_TEXT);
  return searchedText(text).slice(0, MAX_TEXT);
}
