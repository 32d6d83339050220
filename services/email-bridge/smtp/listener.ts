import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { acceptsRecipient, receiveMessage } from '../commands/receive-message.ts';
import type { Context } from '../commands/context.ts';
import { MemoryLimit } from './memory-limit.ts';
import { readMessage } from '../mail-parsing/message.ts';
import { Refusal, refusals } from './refusal.ts';

export interface ListenerOptions {
  readonly context: Context;
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** LMTP (RFC 2033) in the place of SMTP: for a mail server of one's own in front. */
  readonly lmtp?: boolean;
  /** Offers STARTTLS with these; off without. */
  readonly tls?: Pick<TlsOptions, 'key' | 'cert'>;
  readonly maxBytes?: number;
  readonly maxConnections?: number;
  /** Of all messages that are being taken in at once. */
  readonly maxHeldBytes?: number;
  readonly idleMs?: number;
  /** From DATA to the end of the message, however busily it trickles. */
  readonly dataMs?: number;
  readonly faults?: ListenerFaults;
}

export interface ListenerFaults {
  /** Between the commit and the 250: a crash here makes the sender come again. */
  readonly beforeAnswer?: () => Promise<void> | void;
}

export interface Listener {
  readonly port: number;
  /** Takes no new message, finishes those that are being received, and resolves when the last connection is closed. */
  stop(): Promise<void>;
}

const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;
const MAX_RECIPIENTS = 100;
/** A service has 10 s to leave in good order. */
const STOP_MS = 8_000;

const taken = counter('missions_email_listener_messages_total', 'Messages brought over SMTP or LMTP, by answer', [
  'protocol',
  'answer',
]);

/**
 * The SMTP (RFC 5321) or LMTP listener. It knows one kind of recipient: our reply addresses whose token lives. Everything else, whatever its
 * domain, gets the same answer at RCPT, so that it relays nothing and tells nobody which addresses there are. Its 250 is given once the
 * message is committed; whatever is uncertain gets a 4xx, and the sender comes again.
 */
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
    idleMs = 60_000,
    dataMs = 300_000,
    faults = {},
  } = options;
  const logger = context.logger.child({ listener: lmtp ? 'lmtp' : 'smtp' });
  const intake = new MemoryLimit({ maxBytes, maxHeldBytes, withinMs: dataMs });
  const busy = new Set<string>();
  let stopping = false;

  const server = new SMTPServer({
    lmtp,
    name: context.mailDomain,
    banner: 'Missions',
    size: maxBytes,
    maxClients: maxConnections,
    socketTimeout: idleMs,
    closeTimeout: STOP_MS,
    maxRecipients: MAX_RECIPIENTS,
    disableReverseLookup: true,
    authOptional: true,
    disabledCommands: ['AUTH', 'WIZ', 'SHELL', 'KILL', ...(tls ? [] : ['STARTTLS'])],
    ...tls,
    onMailFrom: (_address, _session, callback) => callback(stopping ? refusals.leaving() : null),
    onRcptTo: ({ address }, _session, callback) => void answerRecipient(address, callback),
    onData: (stream, session, callback) => void answerData(stream, session, callback),
  });
  // One connection's failure: a reset, a handshake that came to nothing.
  server.on('error', (err) => logger.debug({ err }, 'a connection failed'));

  async function answerRecipient(address: string, answer: (refusal?: Error | null) => void): Promise<void> {
    let refusal: Error | undefined;
    try {
      if (!(await acceptsRecipient(context, address))) refusal = refusals.noSuchMailbox();
    } catch (error) {
      refusal = asRefusal(error);
    }
    answer(refusal);
  }

  async function answerData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    answer: (refusal: Error | null, each?: (string | Error)[]) => void,
  ): Promise<void> {
    busy.add(session.id);
    let refusal: Refusal | undefined;
    let each: (string | Error)[] = [];
    try {
      each = await take(stream, session);
    } catch (error) {
      refusal = asRefusal(error);
    }
    taken.inc({ protocol: lmtp ? 'lmtp' : 'smtp', answer: String(refusal?.responseCode ?? 250) });
    answer(refusal ?? null, lmtp ? each : undefined);
    busy.delete(session.id);
    // After the answer is written.
    if (stopping) setImmediate(leave);
  }

  /** @returns what each recipient is answered; of SMTP, they share one. @throws {Refusal} */
  async function take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<(string | Error)[]> {
    const recipients = [...new Set(session.envelope.rcptTo.map(({ address }) => address))];
    const sender = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
    return await intake.hold(
      stream,
      () => hangUp(session.id),
      async (body) => {
        // RFC 5321 section 4.4: the server that delivers notes who it came from. The topmost one counts, so a forged one below does no harm.
        const raw = Buffer.concat([
          Buffer.from(`Return-Path: <${sender.replace(/[^\x21-\x7e]|[<>]/g, '')}>\r\n`),
          ...body,
        ]);
        if (!lmtp) {
          await store(raw, recipients);
          await faults.beforeAnswer?.();
          return [];
        }
        const outcomes = new Map<string, string | Error>();
        for (const recipient of recipients)
          outcomes.set(recipient, await store(raw, [recipient]).then(() => 'taken', asRefusal));
        await faults.beforeAnswer?.();
        return session.envelope.rcptTo.map(({ address }) => outcomes.get(address) ?? refusals.later());
      },
    );
  }

  /** @throws {Refusal} unless it is committed. */
  async function store(raw: Uint8Array, recipients: readonly string[]): Promise<void> {
    const message = await readMessage(raw, recipients);
    const matched = await receiveMessage(context, message);
    // The token lived at RCPT: erased in between. Not kept, so not to be called delivered.
    if (matched.length === 0) throw refusals.noSuchMailbox();
  }

  function asRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    if (isGone(error)) return refusals.later();
    // What is wrong is ours: the sender keeps the message and comes again.
    const problem = databaseProblem(error);
    if (problem) logger.warn({ problem: problem.code }, 'a message could not be taken in now');
    else logger.error({ err: error }, 'a message could not be taken in');
    return refusals.later();
  }

  function hangUp(id: string): void {
    for (const connection of server.connections) if (connection.id === id) connection.close();
  }

  /** Who is not just bringing a message is told that we go. */
  function leave(): void {
    for (const connection of server.connections) {
      if (busy.has(connection.id)) continue;
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
      const closed = new Promise<void>((resolve) => server.close(resolve));
      leave();
      await closed;
    },
  };
}

/** The sender went away in the middle of the message, and will come again. */
const isGone = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNECTION' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');
