import { readFileSync } from 'node:fs';

/** A request in plain words, and the call that a model should answer it with. */
export interface PlainRequest {
  readonly says: string;
  readonly tool: string;
  /** Of these, a text that the model may word itself only has to be there (see `missedArguments`). */
  readonly arguments: Readonly<Record<string, unknown>>;
}

interface Table {
  /** What the model knows already, so that it need not look first. */
  readonly known: readonly string[];
  readonly requests: readonly PlainRequest[];
}

export const plainRequests = JSON.parse(readFileSync(new URL('plain-requests.json', import.meta.url), 'utf8')) as Table;

/** Texts that a model must pass on as they are: ids, addresses, words of an enumeration, times, or nothing. */
const isExact = (text: string): boolean => !text.includes(' ');
const wordedFreely = new Set(['ref', 'depends_on', 'id', 'type', 'content', 'prompt', 'q']);

/** The names of the expected arguments that a call does not have as they are expected. */
export function missedArguments(
  expected: PlainRequest['arguments'],
  sent: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(expected).flatMap(([name, value]) => (fits(name, value, sent[name]) ? [] : [name]));
}

function fits(name: string, expected: unknown, sent: unknown): boolean {
  if (sent === undefined || sent === null) return false;
  if (typeof expected === 'string') return wordedFreely.has(name) || !isExact(expected) || sent === expected;
  if (Array.isArray(expected))
    return Array.isArray(sent) && expected.every((one, index) => fits(name, one, (sent as unknown[])[index]));
  if (typeof expected === 'object' && expected !== null) {
    const isResult = name === 'result' || name === 'action';
    return (
      typeof sent === 'object' && (isResult || missedArguments(expected as object as never, sent as never).length === 0)
    );
  }
  return sent === expected;
}
