import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
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

const refusal = (text: string): Error =>
  Object.assign(new Error(text.slice(4)), { responseCode: Number(text.slice(0, 3)) });

/** Whom it lets in, with what: a password, or an access token (XOAUTH2). */
export interface Login {
  readonly user: string;
  readonly password?: string;
  readonly accessToken?: string;
}

/** A real mail server that keeps what it takes. */
export async function startMailServer({ port = 0, login }: { port?: number; login?: Login } = {}): Promise<MailServer> {
  const taken: Delivery[] = [];
  /** Answers why not. */
  const take = async (
    stream: SMTPServerDataStream,
    { mailFrom, rcptTo }: SMTPServerSession['envelope'],
  ): Promise<Error | null> => {
    const raw = await buffer(stream);
    await it.hold;
    const no = it.refuseMessage();
    if (no !== undefined) return refusal(no);
    taken.push({
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map(({ address }) => address),
      raw: raw.toString(),
      mail: await PostalMime.parse(raw),
    });
    return null;
  };
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: !login,
    allowInsecureAuth: true,
    disabledCommands: login ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
    authMethods: ['PLAIN', 'XOAUTH2'],
    onAuth({ username, password, accessToken }, _session, done) {
      const right =
        login &&
        username === login.user &&
        (accessToken ? accessToken === login.accessToken : password !== undefined && password === login.password);
      done(right ? null : refusal('535 5.7.8 who are you'), right ? { user: username } : undefined);
    },
    onRcptTo({ address }, _session, done) {
      const no = it.refuse(address);
      done(no === undefined ? null : refusal(no));
    },
    async onData(stream, { envelope }, done) {
      const no = await take(stream, envelope);
      done(no);
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
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
  return it;
}
