import type { IncomingHttpHeaders } from 'node:http';
import type { RunClaim } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { textFault } from '@missions/contracts/text.ts';
import { isUuid } from '@missions/runtime/id.ts';

/**
 * The text of a header, or undefined. Node reads header bytes as Latin-1. An id that is sent in UTF-8 must equal the
 * same id in a JSON body, so the bytes are decoded again as UTF-8.
 * @throws Problem VALIDATION_FAILED if the header is too long or is not UTF-8.
 */
export function headerText(headers: IncomingHttpHeaders, name: string, most = 255): string | undefined {
  const value = headers[name.toLowerCase()];
  if (value === undefined || value === '') return undefined;
  const raw = Array.isArray(value) ? value.join(',') : value;
  const text = utf8(raw);
  const fault =
    text === undefined ? 'is not UTF-8' : text.length > most ? `must have at most ${most} characters` : textFault(text);
  if (text === undefined || fault) throw invalid([{ path: name, message: fault ?? 'is not valid' }]);
  return text;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function utf8(latin1: string): string | undefined {
  if (/^[\x20-\x7e]*$/.test(latin1)) return latin1;
  try {
    return decoder.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}

/**
 * The version that `If-Match` names, e.g. 7 for `"7"`; undefined without the header, and for `*`, which any existing
 * mission matches. A tag of another form can match nothing, so it is refused as invalid rather than as outdated.
 */
export function ifMatch(headers: IncomingHttpHeaders): number | undefined {
  const text = headerText(headers, 'If-Match');
  if (text === undefined || text === '*') return undefined;
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(text)?.[1];
  if (version === undefined || version === '0')
    throw invalid([{ path: 'If-Match', message: 'must be one ETag as this API gives it, e.g. "7"' }]);
  return Number(version);
}

/**
 * Whether the caller of a read has this version already (`If-None-Match`, RFC 9110 section 13.1.2: weak comparison). A
 * tag of another form matches nothing.
 */
export function hasVersion({ 'if-none-match': tags = '' }: IncomingHttpHeaders, version: number): boolean {
  return tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${version}"` || tag.trim() === '*');
}

/** `X-Run: <run id>:<fence>` (specification section 3.7): the write belongs to that run. */
export function runOf(headers: IncomingHttpHeaders): RunClaim | undefined {
  const text = headerText(headers, 'X-Run');
  if (text === undefined) return undefined;
  const [, id, fence] = /^([0-9a-f-]{36}):(\d{1,9})$/i.exec(text) ?? [];
  if (id === undefined || !isUuid(id) || !(Number(fence) >= 1))
    throw invalid([{ path: 'X-Run', message: 'must be <run id>:<fence>, as the claim gave them' }]);
  return { id: id.toLowerCase(), fence: Number(fence) };
}
