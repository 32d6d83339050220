import type { SourceFile } from '../files.ts';

/** Files by path, as a rule takes them. */
export const files = (texts: Record<string, string | object>): SourceFile[] =>
  Object.entries(texts).map(([path, text]) => ({ path, text: typeof text === 'string' ? text : JSON.stringify(text) }));

/** The first word of each violation: where it is. */
export const places = (violations: readonly string[]): string[] =>
  violations.map((violation) => violation.split(/[ ,]/, 1)[0]?.replace(/:$/, '') ?? '');
