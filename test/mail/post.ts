import { createTransport } from 'nodemailer';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Message } from './messages.ts';

export interface Posted {
  /** What the server said of the message. */
  readonly response: string;
}

/**
 * Hands a message over as another mail server would: one connection for each. @throws Error of nodemailer, with
 * `responseCode`, when it is refused.
 */
export async function post(port: number, { from, to, raw }: Message, { withinMs = 10_000 } = {}): Promise<Posted> {
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
 * As mail servers do: again and again until it is taken. @throws Error when it is refused for good (5xx), or not
 * taken in that time.
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
