import { connect } from 'node:net';

/** A client that sends what no mail program sends: the bytes of DATA go over the wire as they are. */
export interface RawDelivery {
  readonly port: number;
  readonly to: string;
  /** With dots already doubled, without the final dot. */
  readonly wire: Uint8Array;
}

/** @returns the reply to the message, e.g. `250 …`; '' if the connection was closed without one */
export async function deliverRaw({ port, to, wire }: RawDelivery): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const lines = replies(socket);
  const next = async (): Promise<string> => (await lines.next()).value ?? '';
  socket.on('error', () => {});
  try {
    await next();
    for (const command of ['EHLO spec', 'MAIL FROM:<sarah@example.com>', `RCPT TO:<${to}>`, 'DATA']) {
      socket.write(`${command}\r\n`);
      const reply = await next();
      if (!/^[23]/.test(reply)) return reply;
    }
    socket.write(wire);
    socket.write('\r\n.\r\n');
    return await next();
  } finally {
    socket.destroy();
  }
}

/** The last line of each reply. */
async function* replies(socket: NodeJS.ReadableStream): AsyncGenerator<string, string | undefined> {
  let received = '';
  socket.setEncoding('utf8');
  try {
    for await (const text of socket) {
      received += String(text);
      for (let end = received.indexOf('\r\n'); end !== -1; end = received.indexOf('\r\n')) {
        const line = received.slice(0, end);
        received = received.slice(end + 2);
        if (/^\d{3} /.test(line)) yield line;
      }
    }
  } catch {
    // The connection was reset.
  }
  return undefined;
}
