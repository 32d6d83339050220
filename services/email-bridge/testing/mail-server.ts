import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import PostalMime, { type Email } from 'postal-mime';

export interface AcceptedMessage {
  readonly from: string;
  readonly to: string[];
  readonly raw: string;
  readonly parsed: Email;
}

export interface MailServer {
  readonly url: string;
  readonly port: number;
  /** The messages that the server accepted, in order. */
  readonly accepted: AcceptedMessage[];
  /** The reply to RCPT for an address: a text that begins with a 4xx or 5xx code refuses it. A test may replace it. */
  refuse: (address: string) => string | undefined;
  /** The reply to DATA. */
  refuseMessage: () => string | undefined;
  /** Delays the reply to RCPT for an address, and so DATA, until it resolves. */
  holdRecipient: ((address: string) => Promise<unknown>) | undefined;
  /** Delays the reply to each message until it resolves. */
  hold: Promise<unknown> | undefined;
  stop(): Promise<void>;
}

/** The login that the server requires: a password, or an access token (XOAUTH2). */
export interface Login {
  readonly user: string;
  readonly password?: string;
  readonly accessToken?: string;
}

const refusal = (text: string): Error =>
  Object.assign(new Error(text.slice(4)), { responseCode: Number(text.slice(0, 3)) });

/** A real SMTP server in this process. It keeps the messages that it accepts. */
export async function startMailServer({ port = 0, login }: { port?: number; login?: Login } = {}): Promise<MailServer> {
  const accepted: AcceptedMessage[] = [];
  /** Null if the message is accepted. */
  const receive = async (
    stream: SMTPServerDataStream,
    { mailFrom, rcptTo }: SMTPServerSession['envelope'],
  ): Promise<Error | null> => {
    const raw = await buffer(stream);
    await mailServer.hold;
    const refused = mailServer.refuseMessage();
    if (refused !== undefined) return refusal(refused);
    accepted.push({
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map(({ address }) => address),
      raw: raw.toString(),
      parsed: await PostalMime.parse(raw),
    });
    return null;
  };
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: !login,
    allowInsecureAuth: true,
    disabledCommands: login ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
    authMethods: ['PLAIN', 'XOAUTH2'],
    onAuth({ username, password, accessToken }, _session, reply) {
      const isRight =
        login &&
        username === login.user &&
        (accessToken ? accessToken === login.accessToken : password !== undefined && password === login.password);
      reply(
        isRight ? null : refusal('535 5.7.8 unknown user or wrong password'),
        isRight ? { user: username } : undefined,
      );
    },
    async onRcptTo({ address }, _session, reply) {
      await mailServer.holdRecipient?.(address);
      const refused = mailServer.refuse(address);
      reply(refused === undefined ? null : refusal(refused));
    },
    async onData(stream, { envelope }, reply) {
      reply(await receive(stream, envelope));
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const bound = (server.server.address() as AddressInfo).port;
  const mailServer: MailServer = {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    accepted,
    refuse: () => undefined,
    refuseMessage: () => undefined,
    holdRecipient: undefined,
    hold: undefined,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mailServer;
}
