import type { IncomingHttpHeaders } from 'node:http';
import type Router from '@koa/router';
import { ingestMessage } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { textFault } from '@missions/contracts/text.ts';
import { headerText } from '../http/headers.ts';
import { BodyMemoryLimit } from '@missions/http/body-memory-limit.ts';
import { type Envelope, webhookSignature } from '../http/webhook-signature.ts';
import type { GatewayContext } from './register-operation.ts';

/** The largest message that fits, in base64 and with its envelope, into a NATS message of 8 MB. */
export const MAX_MESSAGE_BYTES = 5 * 1024 * 1024;
/** Bounds all messages that are being read at once, those that will turn out to be unsigned included. */
const MAX_HELD_BYTES = 8 * MAX_MESSAGE_BYTES;
const MAX_RECIPIENTS = 100;
/** Above the limit of RFC 5321 section 4.5.3.1.3, with room for an overlong domain name. */
const MAX_ADDRESS = 320;

/**
 * `POST /hooks/inbound-email`: a message as a mail provider received it, raw MIME (RFC 5322), signed with the
 * provider's secret. The envelope's recipients are in `to` (query, repeatable) or `X-Envelope-To`; a provider that
 * forwards may have no other place for them. Its sender is in `X-Envelope-From`. They count only if the signature
 * covers them (`v2`): whoever has seen one signed message could otherwise send it to another address. With a signature
 * of the bytes alone (`v1`), only those say where the message belongs, and the answer says so. Answers 200 with the
 * number of tracked e-mails that the message belongs to, once that is committed, and 202 if it belongs to none.
 */
export function inboundEmailRoute(
  router: Router,
  { bus, defaultCustomerId }: Pick<GatewayContext, 'bus' | 'defaultCustomerId'>,
  secret: string,
): void {
  const signature = webhookSignature(secret);
  const bodies = new BodyMemoryLimit(MAX_HELD_BYTES);
  // The tokens in the message say to whom it belongs.
  const caller: Caller = {
    kind: 'service',
    credential: 'inbound-email',
    customer_id: defaultCustomerId,
    user_id: null,
    agent_id: null,
  };

  router.post('/hooks/inbound-email', async (ctx) => {
    const claimed = signature(ctx.req.headers);
    if (!ctx.is('message/rfc822', 'application/octet-stream', 'text/plain'))
      throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the message as it is: Content-Type: message/rfc822.');
    if ((ctx.req.headers['content-encoding'] ?? 'identity') !== 'identity')
      throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the message without Content-Encoding.');
    const envelope = envelopeOf(ctx.querystring, ctx.req.headers);
    let isIgnored = false;
    const matched = await bodies.hold(ctx.req, MAX_MESSAGE_BYTES, async (raw) => {
      const isCovered = claimed.verify(raw, envelope);
      ctx.state['signed'] = true;
      isIgnored = !isCovered && (envelope.to.length > 0 || envelope.from !== undefined);
      const { from, to } = isCovered ? envelope : { from: undefined, to: [] };
      const envelope_from = from === undefined ? {} : { envelope_from: from.replace(/^<(.*)>$/, '$1') };
      const input = { raw: raw.toString('base64'), envelope_to: [...to], ...envelope_from };
      return (await bus.request(ingestMessage, { caller, input })).json<{ matched: unknown[] }>().matched;
    });
    ctx.status = matched.length > 0 ? 200 : 202;
    const envelopeNote = 'not used, because the signature (v1) does not cover it: sign it as v2';
    ctx.body = { matched: matched.length, ...(isIgnored ? { envelope: envelopeNote } : {}) };
  });
}

/** @throws Problem VALIDATION_FAILED */
function envelopeOf(query: string, headers: IncomingHttpHeaders): Envelope {
  const from = headerText(headers, 'X-Envelope-From', MAX_ADDRESS);
  const to = recipients(
    new URLSearchParams(query).getAll('to'),
    headerText(headers, 'X-Envelope-To', MAX_RECIPIENTS * MAX_ADDRESS),
  );
  return { from, to };
}

function recipients(query: readonly string[], header = ''): string[] {
  const named = [...query, header]
    .flatMap((list) => list.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const wrong =
    named.length > MAX_RECIPIENTS ||
    named.some((one) => one.length > MAX_ADDRESS || /\p{Cc}/u.test(one) || textFault(one) !== null);
  if (wrong) throw invalid([{ path: 'to', message: `must be at most ${MAX_RECIPIENTS} addresses` }]);
  return named;
}
