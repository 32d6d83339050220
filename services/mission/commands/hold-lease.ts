import type { RunClaim } from '@missions/contracts/request.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { leaseLost } from '../domain/runs.ts';
import { lockLease, type Scope } from '../store/load-mission.ts';
import { problemOf } from './problems.ts';

/**
 * Checks `X-Run` of a write that changes no mission, or not the run's own, and holds the lease until the transaction of
 * the write ends. Call it before the transaction locks anything else.
 * @throws {Problem} `LEASE_LOST`, also if the run is another customer's or user's, or does not exist.
 */
export async function holdLease(tx: Tx, caller: Scope, run: RunClaim | undefined): Promise<void> {
  if (run && !(await lockLease(tx, caller, run))) throw problemOf(leaseLost().refusal);
}
