import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@missions/contracts/errors.ts';

/** A message that is older or newer may be a replayed copy. */
const TOLERANCE_SECONDS = 5 * 60;

export interface Claimed {
  /** @throws Problem UNAUTHENTICATED */
  verify(body: Uint8Array): void;
}

/**
 * Verifies signatures of Standard Webhooks 1.0, symmetric scheme. The reference package is not used: it reads the body
 * as UTF-8 before it signs, and mail is bytes.
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
    if (!id || !signatures || !/^\d{1,12}$/.test(timestamp ?? ''))
      throw unsigned('Sign it (Standard Webhooks): webhook-id, webhook-timestamp and webhook-signature.');
    if (Math.abs(Math.floor(now() / 1000) - Number(timestamp)) > TOLERANCE_SECONDS)
      throw unsigned(`webhook-timestamp must be within ${TOLERANCE_SECONDS} s of now.`);
    return {
      verify: (body) => {
        const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
        const given = (signatures ?? '')
          .split(' ')
          .flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice('v1,'.length), 'base64')] : []));
        if (!given.some((one) => one.length === expected.length && timingSafeEqual(one, expected)))
          throw unsigned('The signature is none of this body.');
      },
    };
  };
}

const unsigned = (detail: string): Problem => new Problem('UNAUTHENTICATED', detail);
