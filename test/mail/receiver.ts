import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

/** A message as a mail server took it. */
export interface ReceivedMail {
  /** Of the envelope: where bounces go. */
  readonly from: string;
  /** Of the envelope. */
  readonly to: readonly string[];
  readonly raw: string;
}

/** A mail server that takes everything, tells nobody, and delivers nothing. */
export interface MailReceiver {
  /** For SMTP_URL. */
  readonly url: string;
  readonly taken: readonly ReceivedMail[];
  /** Those that went to that address, in any envelope. */
  to(address: string): ReceivedMail[];
  /** Called when a message has been taken and its 250 is not yet said. */
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
    // A sender that was killed leaves half a message.
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
  // Of the connections that senders cut off.
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
