import type { ReplyAuthentication } from '@missions/contracts/email/email.ts';
import type { Mime } from './parts/mime.ts';

/** Limits of what is looked at: a stranger may add any number of such headers. */
const MAX_HEADERS = 50;
const MAX_VALUE = 8_000;
const MAX_RESULT = 30;

/**
 * What the operator's mail server found out about the sender of a message, as it wrote down in Authentication-Results
 * (RFC 8601). Anybody can write such a header, also under that server's name (`trusted`, its authserv-id). So of the
 * headers with that name the topmost is believed: a server adds its own on top of what it was given. Servers with
 * several filters write one header each, of which the lower ones cannot be told from a stranger's; there only a failure
 * of DMARC is believed, which nobody forges against himself, and only above the next Received, because a message may
 * have passed the same server before.
 *
 * mailauth was looked at: it makes such headers and verifies signatures, and reads none of another server's.
 */
export function authenticationOf({ headers }: Mime, trusted: string): ReplyAuthentication | null {
  if (trusted === '') return null;
  const name = trusted.toLowerCase();
  const own = (value: string): Results | undefined => {
    const results = parseResults(value);
    return results?.server === name ? results : undefined;
  };
  const results = headers.filter(({ key }) => key === 'authentication-results').slice(0, MAX_HEADERS);
  const topmost = results.find(({ value }) => own(value));
  if (!topmost) return null;
  const below = headers.slice(headers.indexOf(topmost) + 1);
  const received = below.findIndex(({ key }) => key === 'received');
  const beside = (received === -1 ? below : below.slice(0, received)).filter((one) => results.includes(one));
  const found = own(topmost.value)?.methods ?? new Map<string, string>();
  const failed = beside.some(({ value }) => own(value)?.methods.get('dmarc') === 'fail');
  return {
    spf: found.get('spf') ?? null,
    dkim: found.get('dkim') ?? null,
    dmarc: failed ? 'fail' : (found.get('dmarc') ?? null),
  };
}

interface Results {
  /** In lower case. */
  readonly server: string;
  /** A method's result; of several, as for several DKIM signatures, `pass` if there is one, else the first. */
  readonly methods: ReadonlyMap<string, string>;
}

/** @returns undefined if the value is not of the form of RFC 8601 section 2.2 */
function parseResults(value: string): Results | undefined {
  const [head = '', ...rest] = withoutComments(value.slice(0, MAX_VALUE));
  const server = /^\s*([^\s;=]+)(?:\s+\d+)?\s*$/.exec(head)?.[1]?.toLowerCase();
  if (server === undefined) return undefined;
  const methods = new Map<string, string>();
  for (const part of rest) {
    const [, method, result] = /^\s*([a-z][a-z0-9-]*)(?:\s*\/\s*\d+)?\s*=\s*([a-z]+)(?=\s|$)/i.exec(part) ?? [];
    if (method === undefined || result === undefined) continue;
    const [key, found] = [method.toLowerCase(), result.toLowerCase().slice(0, MAX_RESULT)];
    if (!methods.has(key) || found === 'pass') methods.set(key, found);
  }
  return { server, methods };
}

/** The parts between semicolons, without comments, which nest, and without the contents of quoted strings. */
function withoutComments(value: string): string[] {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at] as string;
    if (character === '\\' && (depth > 0 || quoted)) at += 1;
    else if (quoted) quoted = character !== '"';
    else if (character === '(') depth += 1;
    else if (character === ')' && depth > 0) depth -= 1;
    else if (depth > 0) continue;
    else if (character === '"') quoted = true;
    else if (character === ';') parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
