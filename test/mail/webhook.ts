import { createHmac, randomUUID } from 'node:crypto';
import type { ApiResponse, Api } from '@missions/test-support/api.ts';
import type { Message } from './messages.ts';

export const INBOUND_SECRET = 'what-the-mail-provider-signs-with';

/** Delivers a message with its envelope as a mail provider does. */
export function postToWebhook(api: Api, { from, to, raw }: Message, secret = INBOUND_SECRET): Promise<ApiResponse> {
  const [id, timestamp] = [`msg_${randomUUID()}`, String(Math.floor(Date.now() / 1_000))];
  const signature = createHmac('sha256', secret)
    .update(`v2.${id}.${timestamp}.<${from}>\n${to}\n${raw}`)
    .digest('base64');
  const headers = {
    authorization: null,
    'content-type': 'message/rfc822',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v2,${signature}`,
    'x-envelope-from': `<${from}>`,
  };
  return api.post(`/hooks/inbound-email?to=${encodeURIComponent(to)}`, raw, { headers });
}
