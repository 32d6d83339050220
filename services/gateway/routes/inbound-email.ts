import type Router from '@koa/router';
import { ingestMessage } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { textFault } from '@missions/contracts/text.ts';
import { headerText } from '../http/headers.ts';
import { BodyMemoryLimit } from '@missions/http/body-memory-limit.ts';
import { webhookSignature } from '../http/webhook-signature.ts';
import type { GatewayContext } from './register-operation.ts';

/** In base64 it must fit, with what is around it, into a message of 8 MB. */
export const MAX_MESSAGE_BYTES = 5 * 1024 * 1024;
/** Of all that are being taken in at once, those that will turn out to be unsigned too. */
const MAX_HELD_BYTES = 8 * MAX_MESSAGE_BYTES;
const MAX_RECIPIENTS = 100;
/** Of RFC 5321, with room for a name of the domain that is longer than it may be. */
const MAX_ADDRESS = 320;

/**
 * `POST /hooks/inbound-email`: a message as a mail provider received it, raw MIME (RFC 5322), signed with the provider's secret. `to` (query,
 * repeatable) or `X-Envelope-To` says whom the envelope named: a provider that forwards may have no other place for it. 200 with how many e-mails of
 * ours it belongs to, once that is committed; 202 when it belongs to none.
 */
export function inboundEmailRoute(
  router: Router,
  { bus, defaultCustomerId }: Pick<GatewayContext, 'bus' | 'defaultCustomerId'>,
  secret: string,
): void {
  const signature = webhookSignature(secret);
  const bodies = new BodyMemoryLimit(MAX_HELD_BYTES);
  // Whose message it is, its tokens say.
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
    const matched = await bodies.hold(ctx.req, MAX_MESSAGE_BYTES, async (raw) => {
      claimed.verify(raw);
      const envelope_to = recipients(
        new URLSearchParams(ctx.querystring).getAll('to'),
        headerText(ctx.req.headers, 'X-Envelope-To', MAX_RECIPIENTS * MAX_ADDRESS),
      );
      return (await bus.request(ingestMessage, { caller, input: { raw: raw.toString('base64'), envelope_to } })).json<{
        matched: unknown[];
      }>().matched;
    });
    ctx.status = matched.length > 0 ? 200 : 202;
    ctx.body = { matched: matched.length };
  });
}

function recipients(query: readonly string[], header = ''): string[] {
  const named = [...query, header]
    .flatMap((list) => list.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const wrong =
    named.length > MAX_RECIPIENTS || named.some((one) => one.length > MAX_ADDRESS || textFault(one) !== null);
  if (wrong) throw invalid([{ path: 'to', message: `must be at most ${MAX_RECIPIENTS} addresses` }]);
  return named;
}
