/**
 * Takes webhooks: verifies the signature over the bytes that came, and handles each event once.
 *
 *     PORT=8005 WEBHOOK_SECRET=whsec_… node receiver.ts
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { env } from 'node:process';
import { Webhook } from 'standardwebhooks';

interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly missionid?: string;
  readonly data: Record<string, unknown>;
}

const webhook = new Webhook(env['WEBHOOK_SECRET'] ?? '');
/** A service keeps these in its database, in the transaction of the effect: an event may come more than once. */
const handled = new Set<string>();

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  let event: CloudEvent;
  try {
    event = webhook.verify(body, request.headers as Record<string, string>) as CloudEvent;
  } catch {
    response.writeHead(400).end('not signed with my secret');
    return;
  }
  if (!handled.has(event.id)) {
    handled.add(event.id);
    console.log(event.type, event.missionid ?? '');
  }
  // Answer soon, within 15 s: what takes longer belongs into a queue of your own.
  response.writeHead(204).end();
}

const server = createServer((request, response) => {
  // Its caller hung up.
  receive(request, response).catch(() => response.destroy());
});
server.listen(Number(env['PORT'] ?? 8005), '127.0.0.1', () => console.log('listening'));
