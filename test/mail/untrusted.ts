/**
 * Where a stranger's words stand in what callers are shown, other than they may: under a member `untrusted`, or in a
 * text of ours as one quoted line (JSON's string syntax, which nothing inside can end) behind "(untrusted", and all
 * of that may be quoted again. Answers paths.
 */
export function strayWords(shown: unknown, words: string, path = '$'): string[] {
  if (typeof shown === 'string') return shown.includes(words) && !isQuoted(shown, words) ? [path] : [];
  if (typeof shown !== 'object' || shown === null) return [];
  return Object.entries(shown).flatMap(([name, value]) =>
    name === 'untrusted' ? [] : strayWords(value, words, `${path}.${name}`),
  );
}

function isQuoted(text: string, words: string): boolean {
  const quoted = /"(?:[^"\\\n]|\\.)*"/g;
  const rest = text.replaceAll(quoted, (one, at: number) =>
    one.includes(words) && text.slice(0, at + one.indexOf(words)).includes('(untrusted') ? '' : one,
  );
  return !rest.includes(words);
}
