import { readFileSync } from 'node:fs';
import { mail } from './sample.ts';

/**
 * Mail as people and machines really write it: `written.jsonl` has a message a line. `headers` differ from those of
 * `mail()`; a message whose bytes are no UTF-8 is in base64, as `raw`.
 */
export interface WrittenMail {
  readonly group: string;
  readonly name: string;
  readonly raw: Uint8Array;
  readonly expected: {
    readonly kind?: string;
    /** The failed recipients, each with whether it is final. */
    readonly failed?: readonly (readonly [string, boolean])[];
    readonly snippet?: string;
    readonly snippetHas?: readonly string[];
    readonly snippetLacks?: readonly string[];
    readonly textLacks?: readonly string[];
    readonly sender?: string;
    readonly subject?: string;
    readonly reference?: string;
    /** A stage of the reading that must say that it had to guess. */
    readonly unsure?: string;
  };
}

interface Line extends Omit<WrittenMail, 'raw'> {
  readonly headers?: Record<string, string | null>;
  readonly body?: string;
  readonly raw?: string;
}

export const writtenMail: readonly WrittenMail[] = readFileSync(new URL('./written.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const { headers = {}, body = '', raw, ...same } = JSON.parse(line) as Line;
    return { ...same, raw: raw === undefined ? mail(headers, body) : new Uint8Array(Buffer.from(raw, 'base64')) };
  });
