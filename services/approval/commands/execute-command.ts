import type { InputRequest as Representation } from '@missions/contracts/approval/input-request.ts';
import type { ReceiptContent } from '@missions/contracts/approval/receipt.ts';
import type { IntendedDeed } from '@missions/contracts/audit.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { Refused } from '@missions/contracts/decision.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Idempotency } from '@missions/contracts/request.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { counter } from '@missions/runtime/metrics.ts';
import type { ServiceContext } from '@missions/service-kit/service.ts';
import { type Delegated, peopleOf } from '../domain/answerers.ts';
import { type Command, type Decision, decide } from '../domain/decide.ts';
import { eventsOf } from '../domain/events.ts';
import { dueAt, type InputRequest, representationOf, type State } from '../domain/state.ts';
import { countReminders } from '../store/count-reminders.ts';
import { readRequest } from '../store/read-requests.ts';
import { saveRequest } from '../store/save-request.ts';
import type { AskedHere } from './asked-here.ts';

/**
 * Signs the receipt of an approval (specification section 8 "Receipts"). In a transaction the key is read by its
 * connection: while it is held, another may not be had.
 */
export type SignApproval = (approval: ReceiptContent, within?: Tx) => Promise<string>;

export type Context = Pick<ServiceContext, 'db' | 'clock' | 'newId' | 'logger' | 'admit' | 'notify'> & {
  /** Signs the receipt of an approval. */
  readonly sign: SignApproval;
  /** The seal of an outcome, see `sealOf`. */
  readonly seal: (event: EventEnvelope, body: string) => string;
  readonly askedHere: AskedHere;
  /** A request was committed whose next step is due then (milliseconds since 1970). */
  readonly dueStored: (dueAt: number) => void;
  /** @returns a function that ends the listening. */
  readonly onDueStored: (listener: (dueAt: number) => void) => () => void;
};

export interface CommandTarget {
  readonly customer_id: string;
  readonly id: string;
  /** Called for each attempt, with the time of that attempt. */
  readonly command: (at: string) => Command;
  readonly idempotency?: Idempotency | undefined;
  readonly traceparent?: string | undefined;
  /** The caller's `tx` is a transaction, and not autocommit. */
  readonly isInTransaction?: true;
  /** The deed of a caller, which is recorded with its effect. */
  readonly deed?: IntendedDeed | undefined;
}

export interface CommandResult {
  readonly decision: Decision;
  /** Those of the decision, in the outbox. */
  readonly events: readonly EventEnvelope[];
  /** It was stored just now, and somebody may answer it for another. */
  readonly isDelegated: boolean;
  /** The request after the decision. */
  readonly request: State;
}

const decisions = counter('missions_approval_decisions_total', 'Commands to input requests, by decision', [
  'command',
  'outcome',
]);
/** An attempt fails only because another command succeeded, and a request changes a handful of times in its life. */
const MAX_ATTEMPTS = 50;

/**
 * Reads the request, decides, and writes with a compare-and-set. If another command changed the request meanwhile, all
 * of it is repeated on the request as it is then. Runs in the caller's transaction, or in autocommit.
 */
export async function executeCommand(
  tx: Tx,
  { clock, newId, logger, notify, dueStored, sign }: Context,
  { customer_id, id, command: commandAt, idempotency, traceparent, deed, isInTransaction }: CommandTarget,
): Promise<CommandResult> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { at, request, delegations } = await readRequest(tx, customer_id, id, dueBy(clock));
    const command = withDelegations(await withReminders(tx, request, commandAt(at)), delegations);
    const decision = await withReceipt(decide(request, command), sign, isInTransaction && tx);
    let events: EventEnvelope[] = [];
    let isDelegated = false;
    if (decision.kind === 'moved') {
      const { next } = decision;
      events = eventsOf(decision, { at, newId, traceparent });
      const result = idempotency && { idempotency, body: JSON.stringify(shown(next)) };
      const deeds = deed && [{ ...deed, mission_id: next.mission_id, result: 'done' as const }];
      const saved = await saveRequest(tx, {
        before: request,
        decision,
        events,
        virtualNow: dueBy(clock),
        result,
        deeds,
      });
      if (!saved) continue;
      isDelegated = saved.delegated === true;
      if (next.status !== 'withdrawn') {
        const notification = { type: 'input_request', id: next.id, status: next.status };
        for (const user of peopleOf(next, at, delegations))
          tx.afterCommit(() => notify(next.customer_id, user, notification));
        const due = dueAt(next);
        if (due !== null) tx.afterCommit(() => dueStored(Date.parse(due)));
      }
    }
    decisions.inc({ command: command.type, outcome: decision.kind });
    const reason = 'reason' in decision ? decision.reason : undefined;
    logger.debug({ input_request: id, command: command.type, outcome: decision.kind, reason }, 'decided');
    return { decision, events, isDelegated, request: decision.kind === 'moved' ? decision.next : request };
  }
  throw new Error(`input request ${id} was changed by others ${MAX_ATTEMPTS} times while a command was executed`);
}

/**
 * An approval of an action with its receipt: the whole one, where several people must approve. Silence has none, because
 * no person has approved anything.
 */
async function withReceipt(decision: Decision, sign: SignApproval, within?: Tx): Promise<Decision> {
  if (decision.kind !== 'moved' || decision.next.status !== 'responded') return decision;
  const { next } = decision;
  const { selected_option: option, effective_action, responded_by, on_behalf_of, approved_by, via } = next.response;
  if (!effective_action || option === null || responded_by === null) return decision;
  const { responded_at } = next;
  const receipt = await sign(
    {
      question: representationOf(next),
      option,
      effective_action,
      responded_by,
      on_behalf_of,
      approved_by,
      via,
      responded_at,
    },
    within,
  );
  return { ...decision, next: { ...next, response: { ...next.response, receipt } } };
}

/** What a reminder is decided with: those that went out before it. */
async function withReminders(tx: Tx, request: State, command: Command): Promise<Command> {
  if (command.type !== 'Remind' || request === null) return command;
  return { ...command, recent: await countReminders(tx, request, command.at) };
}

/** What an answer is decided with: who answers for whom. */
const withDelegations = (command: Command, delegations: readonly Delegated[]): Command =>
  command.type === 'Respond' ? { ...command, delegations } : command;

/** @throws Error for a withdrawn or missing request. No decision with a response leaves a request in such a state. */
export function shown(request: State): Representation {
  if (request === null || request.status === 'withdrawn') {
    throw new Error(`input request ${request?.id ?? '(unknown)'} cannot be shown: its content is not known`);
  }
  return representationOf(request satisfies InputRequest);
}

export const problemOf = ({ code, detail, members }: Refused): Problem => new Problem(code, detail, members);
