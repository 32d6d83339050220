import { ingestMessage } from '@missions/contracts/email/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import type { Context } from '../commands/context.ts';
import { receiveMessage } from '../commands/receive-message.ts';

/** A message by webhook: it goes the way of all the others. Who may bring one is the gateway's to check. */
export const ingestEndpoint = (context: Context) =>
  endpoint(ingestMessage, async ({ input: { raw, envelope_to } }) => {
    context.admit();
    const message = await context.readMessage(Buffer.from(raw, 'base64'), envelope_to);
    const matched = await receiveMessage(context, message);
    return { body: { matched: matched.map(({ customer_id, tracking_id }) => ({ customer_id, tracking_id })) } };
  });
