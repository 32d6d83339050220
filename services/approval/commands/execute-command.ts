import type { InputRequest as Representation } from '@missions/contracts/approval/input-request.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import type { Database } from '@missions/persistence/database.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { type Clock, dueBy } from '@missions/runtime/clock.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { counter } from '@missions/runtime/metrics.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Decision, Refused } from '../domain/decision.ts';
import { type InputRequest, representationOf, type State } from '../domain/state.ts';
import { eventsOf } from '../store/events.ts';
import { readRequest } from '../store/read-request.ts';
import { saveRequest } from '../store/save-request.ts';

export interface Context {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  /** Throws `UNAVAILABLE` while so many events wait to be delivered that no more may be taken. */
  readonly admit: () => void;
  /** Tells those who are looking right now that something of a user changed; lossy. */
  readonly hint: (customerId: string, userId: string, payload: Notification) => void;
}

export interface Notification {
  readonly type: 'input_request';
  readonly id: string;
  readonly status: Representation['status'];
}

export interface CommandTarget {
  readonly customer_id: string;
  readonly id: string;
  /** Made anew for each attempt, with the time of that attempt. */
  readonly command: (at: string) => Command;
  readonly idempotency?: Idempotency | undefined;
  readonly traceparent?: string | undefined;
}

export interface CommandResult {
  readonly decision: Decision;
  /** As it stands after the decision. */
  readonly request: State;
}

const decisions = counter('missions_approval_decisions_total', 'Commands to input requests, by what became of them', [
  'command',
  'outcome',
]);
/** Each attempt that fails means that another succeeded, and a request changes a handful of times in its life. */
const MAX_ATTEMPTS = 50;

/** Read, decide, compare and set; again with what is there by then, while another was faster. In a transaction of the caller's, or without. */
export async function executeCommand(
  tx: Tx,
  { clock, newId, logger, hint }: Context,
  { customer_id, id, command, idempotency, traceparent }: CommandTarget,
): Promise<CommandResult> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { at, request } = await readRequest(tx, customer_id, id, dueBy(clock));
    const wanted = command(at);
    const decision = decide(request, wanted);
    if (decision.kind === 'moved') {
      const { next } = decision;
      const events = eventsOf(decision, { at, newId, traceparent });
      const kept = idempotency && { idempotency, answer: JSON.stringify(shown(next)) };
      if (!(await saveRequest(tx, { before: request, decision, events, virtualNow: dueBy(clock), kept }))) continue;
      if (next.status !== 'withdrawn')
        tx.afterCommit(() =>
          hint(next.customer_id, next.user_id, { type: 'input_request', id: next.id, status: next.status }),
        );
    }
    decisions.inc({ command: wanted.type, outcome: decision.kind });
    const because = 'because' in decision ? decision.because : undefined;
    logger.debug({ input_request: id, command: wanted.type, outcome: decision.kind, because }, 'decided');
    return { decision, request: decision.kind === 'moved' ? decision.next : request };
  }
  throw new Error(`input request ${id} changed ${MAX_ATTEMPTS} times while it was to be changed`);
}

/** @throws Error for a request that nobody may be shown, which no decision with an answer leaves. */
export function shown(request: State): Representation {
  if (request === null || request.status === 'withdrawn') throw new Error('there is no request to be shown');
  return representationOf(request satisfies InputRequest);
}

export const problemOf = ({ code, detail, members }: Refused): Problem => new Problem(code, detail, members);
