/**
 * Paths in a response where a stranger's words are not marked as such. They may stand under a member `untrusted`, or in
 * a text of the product as one quoted line behind "(untrusted" (in JSON's string syntax, which the words cannot end),
 * and such a line may be quoted again.
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
