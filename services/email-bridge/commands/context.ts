import type { Database } from '@missions/persistence/database.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { ReadMessage } from '../domain/incoming-message.ts';

/** What the handlers stand on. */
export interface Context {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** 26 characters of `domain/reply-address.ts`, from 128 random bits. */
  readonly newToken: () => string;
  readonly logger: Logger;
  /** The mailbox that mail is sent from and answered to, e.g. `reply@localhost`. */
  readonly mailAddress: string;
  /** Right of the @ of the Message-IDs. */
  readonly mailDomain: string;
  readonly readMessage: ReadMessage;
  /** Throws `UNAVAILABLE` while so many events wait to be delivered that no more may be taken. */
  readonly admit: () => void;
  /** A message was queued: called after its commit. */
  readonly wakeSender: () => void;
}
