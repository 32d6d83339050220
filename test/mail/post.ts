import { createTransport } from 'nodemailer';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Message } from './messages.ts';

export interface Posted {
  /** The server's reply after the message. */
  readonly response: string;
}

/**
 * Sends a message over its own connection, as another mail server would. @throws Error of nodemailer, with
 * `responseCode`, if the message is refused.
 */
export async function post(port: number, { from, to, raw }: Message, { withinMs = 30_000 } = {}): Promise<Posted> {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: withinMs,
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
  });
  try {
    const { response } = await transport.sendMail({ envelope: { from, to }, raw });
    return { response };
  } finally {
    transport.close();
  }
}

/**
 * Sends a message repeatedly until it is accepted, as mail servers do. @throws Error if it is refused for good (5xx),
 * or not accepted in time.
 */
export async function postUntilAccepted(port: number, message: Message, withinMs = 60_000): Promise<void> {
  let refused: Error | undefined;
  const take = async (): Promise<boolean> => {
    try {
      await post(port, message, { withinMs: 5_000 });
    } catch (error) {
      if (((error as { responseCode?: number }).responseCode ?? 0) < 500) throw error;
      refused = error as Error;
    }
    return true;
  };
  await waitUntil(take, { withinMs, everyMs: 50, what: `a 250 for ${message.id}` });
  if (refused) throw refused;
}
