import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/** The agent's endpoint as the latest post found it. */
export interface PushEndpointState {
  /** Without the query, which may hold a secret. */
  readonly address: string;
  readonly reached: boolean;
  /** Since when it is reached, or not. */
  readonly since: string;
  /** Posts in a row that it did not take. */
  readonly failures: number;
  readonly error: string;
  /** null while it is reached. */
  readonly next_attempt_at: string | null;
}

const save = statement(
  'scheduler.push_endpoint_save',
  `insert into push_endpoint as e (address, reached, since, failures, error, next_attempt_at)
   values ($1, $2, clock_timestamp(), $3, $4, clock_timestamp() + make_interval(secs => $5::float8))
   on conflict (address) do update set reached = excluded.reached, failures = excluded.failures,
     error = excluded.error, next_attempt_at = excluded.next_attempt_at,
     since = case when e.reached = excluded.reached then e.since else excluded.since end
   returning 1`,
);

/** `pause`: seconds until the next attempt; null while the endpoint is reached. */
export async function savePushEndpoint(
  tx: Tx,
  { address, reached, failures, error }: Omit<PushEndpointState, 'since' | 'next_attempt_at'>,
  pause: number | null,
): Promise<void> {
  await tx.run(save, [address, reached, failures, error, pause]);
}

/** For the operators' program. The address that was used last comes first. */
export const pushEndpoints = statement(
  'operate.push_endpoints',
  `select json_build_object('address', address, 'reached', reached, 'since', iso(since), 'failures', failures,
          'error', error, 'next_attempt_at', iso(next_attempt_at)) as endpoint
     from push_endpoint order by greatest(since, next_attempt_at) desc`,
);
