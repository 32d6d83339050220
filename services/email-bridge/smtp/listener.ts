import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { readMail, returnPath } from '../commands/read-mail.ts';
import { acceptsRecipient, isForNotice, receiveMessage } from '../commands/receive-message.ts';
import type { Context } from '../commands/execute-command.ts';
import { UnreadableMessage } from '../domain/incoming-message.ts';
import { type ClientLimitOptions, ClientLimits } from './client-limits.ts';
import { MemoryLimit } from './memory-limit.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import { Refusal, refusals } from './refusal.ts';

/**
 * The SMTP (RFC 5321) or LMTP (RFC 2033) listener. It accepts mail for one kind of recipient: a reply address of this
 * installation whose token is known. It relays nothing, and offers neither AUTH nor, without a certificate, STARTTLS.
 *
 *   when       reply   reason
 *   connect    220     ready
 *              421     `maxConnections` are open, or `maxConnectionsPerAddress` from one address
 *              421     the address has asked for `maxRefusedPerAddress` unknown recipients within a minute
 *   MAIL FROM  250     any reverse-path, also the null one of a bounce
 *              552     the declared SIZE exceeds `maxBytes` (RFC 1870)
 *              421     the listener is stopping
 *   RCPT TO    250     a reply address whose token is known
 *              550     any other address, always in the same words: a stranger cannot probe for addresses
 *              452     more than `MAX_RECIPIENTS`
 *              421     more than `maxRefusedRecipients` were refused, or `maxRefusedPerAddress`; the connection is closed
 *              451     the database cannot be queried now
 *   DATA       250     the message is committed; LMTP replies once for each recipient
 *              550     the e-mail was erased between RCPT and DATA, so nothing was stored
 *              552     the message exceeds `maxBytes`
 *              554     too many lines begin with a dot; the connection is closed in the middle of the message
 *              452     too many bytes are being received at once (`maxHeldBytes`)
 *              451     the message could not be stored: any fault of this service
 *              closed  the message takes longer than `dataTimeoutMs`
 *   session    421     it has sent more than `maxCommands` commands
 *              421     it is older than `sessionTimeoutMs`, and not in the middle of a message
 *   idle       421     nothing was received for `idleTimeoutMs`, or the listener is stopping
 *
 * A 4xx reply makes the sender try again later, a 5xx reply makes it give up (RFC 5321 section 4.2.1). After the 250
 * the message is this service's responsibility (section 6.1), so every doubtful case gets a 4xx reply. A crash between
 * the commit and the 250 makes the sender deliver twice; the second delivery is known by its Message-ID.
 */

export interface ListenerOptions extends ClientLimitOptions {
  readonly context: Context;
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  /** LMTP instead of SMTP, for a mail server of the operator's in front. */
  readonly lmtp?: boolean;
  /** Key and certificate of STARTTLS, which is not offered without them. */
  readonly tls?: Pick<TlsOptions, 'key' | 'cert'> | undefined;
  readonly maxBytes?: number;
  readonly maxConnections?: number;
  /** Bytes of all messages that are being received at once. */
  readonly maxHeldBytes?: number;
  readonly idleTimeoutMs?: number;
  /** From DATA to the end of the message, even if the client sends without a pause. */
  readonly dataTimeoutMs?: number;
  readonly faults?: ListenerFaults;
}

/** Faults that a test injects. */
export interface ListenerFaults {
  /** Runs between the commit and the reply to DATA: a crash here makes the sender deliver again. */
  readonly beforeReply?: () => Promise<void> | void;
}

export interface Listener {
  readonly port: number;
  /**
   * Accepts no new message, finishes those that are being received, and resolves when the last connection is closed.
   */
  stop(): Promise<void>;
}

const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;
/** RFC 5321 section 4.5.3.1.8: a server accepts at least 100 recipients in one transaction. */
const MAX_RECIPIENTS = 100;
/** Connections that are left after this time are closed: a service has 10 s to stop. */
const CLOSE_TIMEOUT_MS = 8_000;

const messages = counter('missions_email_listener_messages_total', 'Messages received over SMTP or LMTP, by reply', [
  'protocol',
  'answer',
]);

/** Starts the listener; resolves when it accepts connections. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const {
    context,
    port,
    host,
    lmtp = false,
    tls,
    maxBytes = MAX_MESSAGE_BYTES,
    maxConnections = 100,
    maxHeldBytes = 4 * maxBytes,
    idleTimeoutMs = 60_000,
    dataTimeoutMs = 300_000,
    faults = {},
  } = options;
  const protocol = lmtp ? 'lmtp' : 'smtp';
  const logger = context.logger.child({ listener: protocol });
  const memory = new MemoryLimit({ maxBytes, maxHeldBytes, receiveTimeoutMs: dataTimeoutMs });
  /** Sessions whose DATA has no reply yet. */
  const receiving = new Set<string>();
  let stopping = false;

  const server = new SMTPServer({
    lmtp,
    name: context.mailDomain,
    banner: 'Missions',
    size: maxBytes,
    maxClients: maxConnections,
    socketTimeout: idleTimeoutMs,
    closeTimeout: CLOSE_TIMEOUT_MS,
    maxRecipients: MAX_RECIPIENTS,
    disableReverseLookup: true,
    authOptional: true,
    disabledCommands: ['AUTH', 'WIZ', 'SHELL', 'KILL', ...(tls ? [] : ['STARTTLS'])],
    ...tls,
    onConnect: (session, reply) => reply(clients.admit(session)),
    onClose: ({ id }) => clients.closed(id),
    onMailFrom: (_address, _session, reply) => reply(stopping ? refusals.leaving() : null),
    onRcptTo: ({ address }, { id }, reply) => void onRcptTo(id, address, reply),
    onData: (stream, session, reply) => void onData(stream, session, reply),
  });
  // A fault of one connection, e.g. a reset or a failed TLS handshake.
  server.on('error', (err) => logger.debug({ err }, 'an SMTP connection failed'));

  const isReceiving = (sessionId: string): boolean => receiving.has(sessionId);
  const clients = new ClientLimits(server, { lmtp, isReceiving }, options);

  async function onRcptTo(sessionId: string, address: string, reply: (refusal?: Error | null) => void): Promise<void> {
    let refusal: Error | undefined;
    try {
      if (!(await acceptsRecipient(context, address))) refusal = refusals.noSuchMailbox();
    } catch (error) {
      refusal = refusalOf(error);
    }
    const isUnknown = refusal instanceof Refusal && refusal.responseCode === 550;
    reply((isUnknown ? clients.countUnknown(sessionId) : undefined) ?? refusal);
  }

  async function onData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    reply: (refusal: Error | null, replies?: (string | Error)[]) => void,
  ): Promise<void> {
    receiving.add(session.id);
    let refusal: Refusal | undefined;
    let replies: (string | Error)[] = [];
    try {
      replies = await memory.hold(
        stream,
        returnPath(reversePath(session.envelope)),
        (reason) => disconnect(session.id, reason),
        (raw) => deliver(raw, session.envelope),
      );
    } catch (error) {
      refusal = refusalOf(error);
    }
    messages.inc({ protocol, answer: String(refusal?.responseCode ?? 250) });
    reply(refusal ?? null, lmtp ? replies : undefined);
    receiving.delete(session.id);
    // The reply must be written before its connection is closed.
    if (stopping) setImmediate(closeIdleConnections);
  }

  /**
   * @returns the reply to each recipient (RFC 2033 section 4.2); none over SMTP, where the message has one reply.
   * @throws {Refusal} over SMTP, if the message is not stored.
   */
  async function deliver(
    raw: Uint8Array,
    { mailFrom, rcptTo }: SMTPServerSession['envelope'],
  ): Promise<(string | Error)[]> {
    const recipients = [...new Set(rcptTo.map(({ address }) => address))];
    const reverse_path = reversePath({ mailFrom });
    const message = await readMail(context, { via: protocol, raw, reverse_path, recipients });
    const replies = new Map<string, string | Error>();
    // A message that was set aside is accepted, so that its sender does not bring it again.
    if (message && !lmtp) await store(message);
    if (lmtp) {
      const elsewhere = message?.addressed_to.filter((one) => !recipients.includes(one)) ?? [];
      for (const recipient of recipients) {
        const copy = message && { ...message, addressed_to: [recipient, ...elsewhere] };
        replies.set(recipient, copy ? await store(copy).then(() => 'taken', refusalOf) : 'taken');
      }
    }
    await faults.beforeReply?.();
    return lmtp ? rcptTo.map(({ address }) => replies.get(address) ?? refusals.later()) : [];
  }

  /** Resolves when the message is committed. @throws {Refusal} 550 if it belongs to no e-mail any more. */
  async function store(message: IncomingMessage): Promise<void> {
    const matched = await receiveMessage(context, message);
    // The e-mail was erased after RCPT. Nothing was stored, so the message must not be reported as delivered.
    if (matched.length === 0 && !(await isForNotice(context, message.addressed_to))) throw refusals.noSuchMailbox();
  }

  /**
   * Maps any fault to a reply: 451 unless it is a refusal already, so that the sender keeps the message and retries.
   */
  function refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    if (isDisconnect(error)) return refusals.later();
    if (error instanceof UnreadableMessage) {
      logger.warn({ err: error }, 'a message could not be read; the sender will retry');
      return refusals.later();
    }
    const problem = databaseProblem(error);
    if (problem) logger.warn({ problem: problem.code }, 'a message could not be stored now; the sender will retry');
    else logger.error({ err: error }, 'a message could not be stored; the sender will retry');
    return refusals.later();
  }

  /** A client that is to try again is told nothing: it is in the middle of its message. */
  function disconnect(sessionId: string, reason: unknown): void {
    for (const connection of server.connections) {
      if (connection.id !== sessionId) continue;
      if (reason instanceof Refusal && reason.responseCode >= 500) connection.send(reason.responseCode, reason.message);
      connection.close();
    }
  }

  /**
   * RFC 5321 section 3.8: sends 421 to each client that is not in the middle of a message, and closes its connection.
   */
  function closeIdleConnections(): void {
    for (const connection of server.connections) {
      if (receiving.has(connection.id)) continue;
      connection.send(421, '4.3.2 going down, come again');
      connection.close();
    }
  }

  const listening = server.listen(port, host);
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    async stop() {
      stopping = true;
      clients.stop();
      const closed = new Promise<void>((resolve) => server.close(resolve));
      closeIdleConnections();
      await closed;
    },
  };
}

const reversePath = ({ mailFrom }: Pick<SMTPServerSession['envelope'], 'mailFrom'>): string =>
  mailFrom === false ? '' : mailFrom.address;

/** The client disconnected in the middle of the message, and will deliver it again. */
const isDisconnect = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNECTION' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');
