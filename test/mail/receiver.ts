import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

/** A message that the mail server accepted. */
export interface ReceivedMail {
  /** Sender of the envelope, to whom bounces go. */
  readonly from: string;
  /** Recipients of the envelope. */
  readonly to: readonly string[];
  readonly raw: string;
}

/** A mail server that accepts and stores every message, and delivers none. */
export interface MailReceiver {
  /** Value for SMTP_URL. */
  readonly url: string;
  readonly taken: readonly ReceivedMail[];
  /** Messages with this address in the envelope. */
  to(address: string): ReceivedMail[];
  /** Called after a message is stored and before its 250 is sent. */
  beforeAnswer: (message: ReceivedMail) => Promise<void> | void;
  close(): Promise<void>;
}

export async function startMailReceiver(): Promise<MailReceiver> {
  const taken: ReceivedMail[] = [];
  const receiver: MailReceiver = {
    url: '',
    taken,
    to: (address) => taken.filter((message) => message.to.includes(address)),
    beforeAnswer: () => {},
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    // A killed sender leaves an incomplete message, which would delay the close.
    closeTimeout: 1_000,
    async onData(stream, { envelope }, done) {
      try {
        const raw = await text(stream);
        const message = {
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          raw,
        };
        taken.push(message);
        await receiver.beforeAnswer(message);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  // Errors of connections that senders cut off are expected.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return Object.assign(receiver, { url: `smtp://127.0.0.1:${port}` });
}

/** The value of a header, unfolded (RFC 5322 section 2.2.3); undefined when there is none. */
export function headerOf({ raw }: Pick<ReceivedMail, 'raw'>, name: string): string | undefined {
  const [head = ''] = raw.split('\r\n\r\n', 1);
  const line = head
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim();
}
