import { receiveSignal } from '@missions/contracts/mission/requests.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { executeOnce } from '@missions/persistence/idempotency.ts';
import { keepSignal } from '../store/signals.ts';
import type { Context } from '../commands/execute-command.ts';
import { holdLease } from '../commands/hold-lease.ts';

/** Answered once it is kept; what waited for it then has gone on, or will. */
export const receiveSignalEndpoint = ({ db, clock, newId, admit, deliveries }: Context) =>
  endpoint(receiveSignal, async ({ caller: { customer_id }, idempotency, run, input }) => {
    admit();
    const key = `${input.kind}:${input.reference}`;
    const id = input.id ?? newId();
    const answer = await executeOnce(db, idempotency, async (tx) => {
      await holdLease(tx, { customer_id }, run);
      const signal = { id, data: input.data ?? {}, final: input.final ?? true, received_at: clock.now().toISOString() };
      const { stored, waiters } = await keepSignal(tx, customer_id, key, signal);
      return { body: JSON.stringify({ id, key, duplicate: !stored, waiters }) };
    });
    await deliveries.deliver({ customer_id, signal_id: id });
    return answer;
  });
