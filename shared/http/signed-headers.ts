import { Webhook } from 'standardwebhooks';

/** The secret in the form of the specification, or any text that the operator chose. */
const webhook = (secret: string): Webhook =>
  secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });

/**
 * The headers of Standard Webhooks 1.0, over exactly these bytes of the body (decision 0014).
 * @param secrets while a secret is being changed there are two, and the receiver may know either
 */
export const signedHeaders = (
  secrets: readonly string[],
  id: string,
  at: Date,
  body: string,
): { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string } => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
  'webhook-signature': secrets.map((secret) => webhook(secret).sign(id, at, body)).join(' '),
});
