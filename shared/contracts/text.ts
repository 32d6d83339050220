import type { FieldError } from './errors.ts';

/** Deeper documents are refused before anything recurses over them (specification section 5). */
export const MAX_JSON_DEPTH = 32;

/**
 * Checks of a parsed JSON value that JSON Schema cannot express: text must be storable exactly as sent. PostgreSQL
 * refuses U+0000, and a lone surrogate is not Unicode text (it would come back as U+FFFD), so both are refused rather
 * than changed. Also bounds the depth. Returns the first `limit` faults, each with its JSON Pointer.
 */
export function textFaults(value: unknown, limit = 5): FieldError[] {
  const faults: FieldError[] = [];
  const visit = (node: unknown, path: string, depth: number): void => {
    if (faults.length >= limit) return;
    if (depth > MAX_JSON_DEPTH && node !== null && typeof node === 'object') {
      faults.push({ path: path.slice(0, 200), message: `is nested deeper than ${MAX_JSON_DEPTH} levels` });
    } else if (typeof node === 'number') {
      // `JSON.parse` reads 1e400 as Infinity, which `JSON.stringify` would write as null.
      if (!Number.isFinite(node)) faults.push({ path, message: 'is a larger number than can be kept' });
    } else if (typeof node === 'string') {
      const fault = textFault(node);
      if (fault) faults.push({ path, message: fault });
    } else if (Array.isArray(node)) {
      node.forEach((item, index) => visit(item, `${path}/${index}`, depth + 1));
    } else if (node !== null && typeof node === 'object') {
      for (const [key, item] of Object.entries(node)) {
        const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const fault = textFault(key);
        if (fault) faults.push({ path, message: `the name of a member ${fault}` });
        else visit(item, at, depth + 1);
      }
    }
  };
  visit(value, '', 1);
  return faults;
}

/** The reason why this text cannot be stored as sent; null if it can. */
export function textFault(text: string): string | null {
  if (text.includes('\u0000')) return 'contains a NUL character (U+0000)';
  if (!text.isWellFormed()) return 'contains a lone surrogate, which is not Unicode text';
  return null;
}
