import type { Bus } from '@missions/messaging/bus.ts';
import type { Database } from '@missions/persistence/database.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/** Dependencies of the commands, requests and loops that deal with runs. */
export interface RunsContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly request: Bus['request'];
  /** Runs of one customer that may be claimed at the same time. */
  readonly maxClaimedPerCustomer: number;
  /** @throws {Problem} `UNAVAILABLE` while the outbox holds so many unpublished events that it may take no more. */
  readonly admit: () => void;
  /** Makes the dispatcher look now: a mission may be due, or a lease expire, before the dispatcher means to wake. */
  readonly wakeDispatcher: () => void;
  /** A run of this customer was queued, or a claimed run of this customer ended: a waiting claim may get a run now. */
  readonly runAvailable: (customerId: string) => void;
  /** A kill switch was lifted: runs that it held back may be claimed now, whoever's they are. */
  readonly runsAvailable: () => void;
}
