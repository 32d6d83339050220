/**
 * Text in writing without spaces between words (Chinese, Japanese, Thai and others), and Korean, whose words carry
 * their particles. PostgreSQL takes all of it between two spaces as one word. Here it is searched by pairs of
 * neighbouring characters: 会議室予約 is the words 会議 議室 室予 予約, and a query for 議室予 asks for 議室 before 室予.
 */
const RUN =
  /(?:(?=[\p{L}\p{M}\p{N}])[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}])+/gu;

/** All of these characters lie behind it, and most texts have none. */
const mayHaveRuns = (text: string): boolean => /[\u0e00-\uffff]/.test(text);

function pairsOf(characters: readonly string[]): readonly string[] {
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}

/** A text as it is indexed. Single characters stand behind the pairs, so that they are found too. */
export function searchedText(text: string): string {
  if (!mayHaveRuns(text)) return text;
  return text.replaceAll(RUN, (run) => {
    const characters = [...run];
    const single = characters.length === 1 ? [] : new Set(characters);
    return ` ${[...pairsOf(characters), ...single].join(' ')} `;
  });
}

/** A query's words: the pairs of each run follow each other. Inside of quotation marks they do anyway. */
export function withPairs(q: string): string {
  if (!mayHaveRuns(q)) return q;
  return q
    .split('"')
    .map((part, index) =>
      part.replaceAll(RUN, (run) => {
        const pairs = pairsOf([...run]).join(' ');
        if (pairs === run) return run;
        return index % 2 === 0 ? `"${pairs}" ` : ` ${pairs} `;
      }),
    )
    .join('"');
}
