import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@missions/contracts/errors.ts';

/** A message that is older or newer may be a replayed copy. */
const TOLERANCE_SECONDS = 5 * 60;

/** Where the message was sent to and from, by what is outside its bytes. */
export interface Envelope {
  /** `<>` for the null reverse-path; undefined if it is not known. */
  readonly from: string | undefined;
  readonly to: readonly string[];
}

export interface Claimed {
  /**
   * @returns whether the signature covers the envelope as well
   * @throws Problem UNAUTHENTICATED
   */
  verify(body: Uint8Array, envelope: Envelope): boolean;
}

/**
 * Verifies signatures of Standard Webhooks 1.0, symmetric scheme. The reference package is not used: it reads the body
 * as UTF-8 before it signs, and mail is bytes.
 *
 * `v1` signs `<id>.<timestamp>.<body>`, thus nothing of the envelope. `v2` is ours, and signs
 * `v2.<id>.<timestamp>.<from>\n<to>,<to>…\n<body>`: no part of the envelope contains a line break, so none can be taken
 * for another. The prefix keeps a signature of one form from being one of the other.
 * @param secret `whsec_` with base64, or any text.
 */
export function webhookSignature(
  secret: string,
  now: () => number = Date.now,
): (headers: IncomingHttpHeaders) => Claimed {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
  if (key.length === 0) throw new Error('a secret of no bytes is none');

  /** Refuses what can be refused before the body is read. */
  return (headers) => {
    const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
      String(headers[name] ?? ''),
    );
    if (!id || id.startsWith('v2.') || !signatures || !/^\d{1,12}$/.test(timestamp ?? ''))
      throw unsigned('Sign it (Standard Webhooks): webhook-id, webhook-timestamp and webhook-signature.');
    if (Math.abs(Math.floor(now() / 1000) - Number(timestamp)) > TOLERANCE_SECONDS)
      throw unsigned(`webhook-timestamp must be within ${TOLERANCE_SECONDS} s of now.`);
    return {
      verify: (body, { from = '', to }) => {
        const isSigned = (form: string, head: string): boolean => {
          const expected = createHmac('sha256', key).update(head).update(body).digest();
          const given = (signatures ?? '')
            .split(' ')
            .flatMap((one) => (one.startsWith(form) ? [Buffer.from(one.slice(form.length), 'base64')] : []));
          return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
        };
        if (isSigned('v2,', `v2.${id}.${timestamp}.${from}\n${to.join(',')}\n`)) return true;
        if (isSigned('v1,', `${id}.${timestamp}.`)) return false;
        throw unsigned('The signature is none of this body and envelope.');
      },
    };
  };
}

const unsigned = (detail: string): Problem => new Problem('UNAUTHENTICATED', detail);
