import type { Bus } from '@missions/messaging/bus.ts';
import type { Database } from '@missions/persistence/database.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';

/** What everything about runs is handed. */
export interface RunsContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ask: Pick<Bus, 'request'>['request'];
  /** Runs of a customer that may be claimed at once. */
  readonly perCustomer: number;
  /** Refuses with `UNAVAILABLE` while so many events wait that no more may be taken. */
  readonly admit: () => void;
  /** A mission may be due, or a lease end, before the dispatcher means to wake. */
  readonly wake: () => void;
  /** Something of this customer may be claimed now. */
  readonly offered: (customerId: string) => void;
}
