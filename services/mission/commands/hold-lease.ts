import type { Caller, RunClaim } from '@missions/contracts/request.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { leaseLost } from '../domain/runs.ts';
import { lockLease } from '../store/lease.ts';
import { problemOf } from './execute-command.ts';

/**
 * `X-Run` of a write that changes no mission, or not the run's own: to be asked in the transaction of the write, before anything else is locked.
 * @throws {Problem} `LEASE_LOST`, also when the run is another customer's, or none.
 */
export async function holdLease(
  tx: Tx,
  { customer_id }: Pick<Caller, 'customer_id'>,
  run: RunClaim | undefined,
): Promise<void> {
  if (run && !(await lockLease(tx, customer_id, run))) throw problemOf(leaseLost().refusal);
}
