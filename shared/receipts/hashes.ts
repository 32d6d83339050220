import canonicalize from 'canonicalize';
import type { InputRequest } from '@missions/contracts/approval/input-request.ts';

/** SHA-256 of a value's canonical JSON (RFC 8785): of what it means, whatever the order of its members. */
export async function sha256Of(value: unknown): Promise<string> {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This is no JSON.');
  return hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

type Shown = Pick<InputRequest, 'prompt' | 'options' | 'context' | 'action'>;

/** What the user was shown when they decided. */
export const shownSha256 = ({ prompt, options, context, action = null }: Shown): Promise<string> =>
  sha256Of({ prompt, options, context, action });

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
