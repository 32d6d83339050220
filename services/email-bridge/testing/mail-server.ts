import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import PostalMime, { type Email } from 'postal-mime';

export interface Delivery {
  readonly from: string;
  readonly to: string[];
  readonly raw: string;
  readonly mail: Email;
}

export interface MailServer {
  readonly url: string;
  readonly port: number;
  /** What it took, in order. */
  readonly taken: Delivery[];
  /** What it says to RCPT; a text that begins with three digits refuses. Changed by the test as it goes. */
  refuse: (address: string) => string | undefined;
  /** What it says after DATA. */
  refuseMessage: () => string | undefined;
  /** Holds every message until it resolves. */
  hold: Promise<unknown> | undefined;
  stop(): Promise<void>;
}

const refusal = (text: string): Error => Object.assign(new Error(text.slice(4)), { responseCode: Number(text.slice(0, 3)) });

/** A real mail server that keeps what it takes. */
export async function startMailServer(port = 0): Promise<MailServer> {
  const taken: Delivery[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, _session, done) {
      const no = it.refuse(address);
      done(no === undefined ? null : refusal(no));
    },
    onData(stream, { envelope }, done) {
      const take = async (): Promise<void> => {
        const raw = await buffer(stream);
        await it.hold;
        const no = it.refuseMessage();
        if (no !== undefined) throw refusal(no);
        taken.push({ from: envelope.mailFrom ? envelope.mailFrom.address : '', to: envelope.rcptTo.map(({ address }) => address), raw: raw.toString(), mail: await PostalMime.parse(raw) });
      };
      take().then(() => done(null), done);
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const bound = (server.server.address() as AddressInfo).port;
  const it: MailServer = {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    taken,
    refuse: () => undefined,
    refuseMessage: () => undefined,
    hold: undefined,
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
  return it;
}
