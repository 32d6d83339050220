import type { SMTPServer, SMTPServerSession } from 'smtp-server';
import { type Refusal, refusals } from './refusal.ts';
import { UnknownRecipients } from './unknown-recipients.ts';

/** What one client may take of the listener. */
export interface ClientLimitOptions {
  /** At once. Not over LMTP, where one mail server brings everything. */
  readonly maxConnectionsPerAddress?: number;
  /** From connect to close, whatever the client does: commands alone hold no connection for ever. */
  readonly sessionTimeoutMs?: number;
  /** Of one connection. Not over LMTP, where a mail server may keep one for all its mail. */
  readonly maxCommands?: number;
  /** Refused recipients after which the connection is closed. */
  readonly maxRefusedRecipients?: number;
  /**
   * Refused recipients of one address, over all its connections within `refusedWindowMs`, after which it is answered 421
   * until that time is over. Not over LMTP.
   */
  readonly maxRefusedPerAddress?: number;
  readonly refusedWindowMs?: number;
}

interface Session {
  readonly address: string;
  readonly startedAt: number;
  refused: number;
}

/** Keeps places of the listener for others, whatever one client does. */
export class ClientLimits {
  readonly #server: SMTPServer;
  readonly #lmtp: boolean;
  readonly #options: Required<ClientLimitOptions>;
  readonly #sessions = new Map<string, Session>();
  readonly #unknown: UnknownRecipients;
  readonly #sweeping: NodeJS.Timeout;

  /** @param isReceiving whether the session is in the middle of a message, which has its own timeout */
  constructor(
    server: SMTPServer,
    { lmtp, isReceiving }: { readonly lmtp: boolean; readonly isReceiving: (sessionId: string) => boolean },
    {
      maxConnectionsPerAddress = 20,
      sessionTimeoutMs = 600_000,
      maxCommands = 1_000,
      maxRefusedRecipients = 20,
      maxRefusedPerAddress = 100,
      refusedWindowMs = 60_000,
    }: ClientLimitOptions,
  ) {
    this.#server = server;
    this.#lmtp = lmtp;
    this.#options = {
      maxConnectionsPerAddress,
      sessionTimeoutMs,
      maxCommands,
      maxRefusedRecipients,
      maxRefusedPerAddress,
      refusedWindowMs,
    };
    this.#unknown = new UnknownRecipients({ limit: maxRefusedPerAddress, windowMs: refusedWindowMs });
    const sweep = () => this.#closeOld(isReceiving);
    this.#sweeping = setInterval(sweep, Math.min(sessionTimeoutMs / 2, 5_000));
  }

  stop(): void {
    clearInterval(this.#sweeping);
  }

  /** @returns why the client gets no session */
  admit({ id, remoteAddress: address }: SMTPServerSession): Refusal | undefined {
    if (!this.#lmtp) {
      const others = [...this.#sessions.values()].filter((one) => one.address === address).length;
      if (others >= this.#options.maxConnectionsPerAddress) return refusals.tooManyConnections();
      if (this.#unknown.hasTooMany(address)) return refusals.tooManyUnknown();
      this.#countCommands(id);
    }
    this.#sessions.set(id, { address, startedAt: performance.now(), refused: 0 });
    return undefined;
  }

  closed(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }

  /** Counts an unknown recipient. @returns the refusal if the client has asked for too many: it is guessing */
  countUnknown(sessionId: string): Refusal | undefined {
    const session = this.#sessions.get(sessionId);
    if (!session) return undefined;
    session.refused += 1;
    const addressHasTooMany = !this.#lmtp && this.#unknown.hasTooMany(session.address);
    if (!this.#lmtp) this.#unknown.add(session.address);
    return session.refused > this.#options.maxRefusedRecipients || addressHasTooMany
      ? refusals.tooManyUnknown()
      : undefined;
  }

  /** The library bounds the commands of clients that must log in, and here nobody does. */
  #countCommands(sessionId: string): void {
    for (const connection of this.#server.connections) {
      if (connection.id !== sessionId) continue;
      const handle = connection._onCommand.bind(connection);
      let left = this.#options.maxCommands;
      connection._onCommand = (command, next) => {
        left -= 1;
        if (left >= 0) handle(command, next);
        else connection.send(421, '4.7.0 too many commands, come again');
      };
    }
  }

  #closeOld(isReceiving: (sessionId: string) => boolean): void {
    const now = performance.now();
    for (const connection of this.#server.connections) {
      const session = this.#sessions.get(connection.id);
      const isOld = session && now - session.startedAt >= this.#options.sessionTimeoutMs;
      if (!isOld || isReceiving(connection.id)) continue;
      connection.send(421, '4.4.2 connected for too long, come again');
      connection.close();
    }
  }
}
