import type { NewMission } from '@missions/contracts/mission/bodies.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller, Idempotency, RunClaim } from '@missions/contracts/request.ts';
import type { ConsumeOptions } from '@missions/messaging/consumer/options.ts';
import { recordDeeds } from '@missions/persistence/audit/record.ts';
import { recordRefusal } from '@missions/persistence/audit/refusals.ts';
import type { Database } from '@missions/persistence/database.ts';
import { quotaProblem } from '@missions/persistence/error-mapping.ts';
import {
  executeOnce,
  findResultOfEarlierVersion,
  replay,
  type StoredResult,
} from '@missions/persistence/idempotency.ts';
import { autocommit, transaction, type Tx } from '@missions/persistence/transaction.ts';
import type { Clock } from '@missions/runtime/clock.ts';
import { type Command, decide } from '../domain/decide.ts';
import { deedsOf, deedsOfProduct, grantsAtCreation, tookEffect } from '../domain/deeds.ts';
import type { Actor, MissionChange } from '../domain/decision.ts';
import { timeOfCommand } from '../domain/mission-changes.ts';
import { type Mission, openBlockers } from '../domain/state.ts';
import type { CreationGroup } from '../store/create-mission.ts';
import { lockMission } from '../store/load-mission.ts';
import type { SavedRows } from '../store/save-mission.ts';
import type { SignalName } from '../store/signals.ts';
import type { EventsInHand } from './events-in-hand.ts';
import { holdLease } from './hold-lease.ts';
import type { MailLimits } from './limit-mail.ts';
import { limitQuestions } from './limit-questions.ts';
import { problemOf, requireMission, requireUser } from './problems.ts';
import { awaitsMissions, requireAwaited } from './require-awaited.ts';
import { saveDecision } from './save-decision.ts';
import type { AskSwitch } from './switched-off.ts';

/** The dependencies of requests and subscriptions. */
export interface Context {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Throws `UNAVAILABLE` while so many events wait in the outbox that no further write may be accepted. */
  readonly admit: () => void;
  readonly notify: (customerId: string, userId: string, payload: object) => void;
  readonly creations: CreationGroup;
  readonly eventsInHand: EventsInHand;
  readonly deliveries: SignalDelivery;
  readonly mailLimits: MailLimits;
  /** See `outcomeVerifier`. */
  readonly verifyOutcome: NonNullable<ConsumeOptions['verify']>;
  readonly askSwitch: AskSwitch;
}

/** Brings stored signals to the waits that were open when they came: see `jobs/deliver-signals.ts`. */
export interface SignalDelivery {
  /** Starts a round soon: new deliveries were stored. */
  wake(): void;
  /** Delivers one signal now, so that its sender reads the effect. */
  deliver(signal: SignalName): Promise<void>;
}

/** Who calls, under which idempotency key, and for which run. */
export interface CallOptions {
  readonly caller: Caller;
  readonly idempotency?: Idempotency;
  readonly run?: RunClaim;
}

export interface ExecuteOptions {
  readonly mission_id: string;
  readonly command: Command;
  readonly conversation_id?: string | undefined;
  /** The version that the caller saw; the command is refused if the mission has another version by now. */
  readonly if_match?: number | undefined;
}

export interface Executed {
  readonly mission: Mission;
  readonly changes: readonly MissionChange[];
  /** null: the command changed nothing, so nothing was written. */
  readonly rows: SavedRows | null;
}

export type ExecutionResult = StoredResult & { readonly replayed: boolean };

/**
 * Load → decide → save → represent, in one transaction, once per idempotency key.
 * @param represent makes the JSON text of the reply.
 * @throws {Problem} the domain's refusal, `MISSION_NOT_FOUND` or `VERSION_MISMATCH`.
 */
export async function executeCommand(
  { db, clock, newId, admit, deliveries, notify }: Context,
  { caller, idempotency, run }: CallOptions,
  { mission_id, command, conversation_id = '', if_match }: ExecuteOptions,
  represent: (tx: Tx, executed: Executed) => Promise<string>,
): Promise<ExecutionResult> {
  admit();
  let deeds = deedsOf(caller, { mission_id, command }, undefined);
  return executeOnce(db, idempotency, async (tx) => {
    const before = requireMission(await lockMission(tx, caller, mission_id, command.type === 'Restore'));
    deeds = deedsOf(caller, { mission_id, command }, before);
    if (if_match !== undefined && if_match !== before.version) {
      throw new Problem(
        'VERSION_MISMATCH',
        `Mission ${mission_id} is at version ${before.version}, not ${if_match}. Read it again and decide anew.`,
        { version: before.version },
      );
    }
    const actor = { ...actorOf(caller, conversation_id), ...(run && { run }) };
    const context = { at: timeOfCommand(before, clock.now()), actor, newId };
    const decision = decide(before, command, context);
    switch (decision.kind) {
      case 'refused':
        throw problemOf(decision);
      case 'ignored': {
        const body = await represent(tx, { mission: before, changes: [], rows: null });
        return { body, version: before.version, missionId: before.id };
      }
      case 'moved': {
        const effects = { wakeDeliveries: deliveries.wake, notify };
        await limitQuestions(tx, before, decision.changes);
        await requireAwaited(tx, before, command);
        const saved = await saveDecision(tx, { before, decision, context, cause: 'caller' }, effects);
        if (saved.kind === 'refused') throw problemOf(saved);
        const done = deeds.filter((deed) => tookEffect(deed, before, saved.mission));
        await recordDeeds(tx, [
          ...done.map((deed) => ({ ...deed, result: 'done' as const })),
          ...deedsOfProduct(before, saved.mission),
        ]);
        return { body: await represent(tx, saved), version: saved.mission.version, missionId: before.id };
      }
      default:
        return decision satisfies never;
    }
  }).catch(async (error: unknown) => {
    await recordRefusal(db, deeds, error);
    throw error;
  });
}

/**
 * Decide → save for a new mission. Its reply is known before it is saved, and stored with it by the same statement.
 *
 * Creations of the same moment share a statement, unless the plan opens a wait at once, or a run creates the mission:
 * then stored signals, or the run's lease, are read first, in a transaction of its own.
 * @throws {Problem} the domain's refusal, or `VALIDATION_FAILED` if no user is named.
 */
export async function executeCreation(
  { db, clock, newId, admit, deliveries, notify, creations }: Context,
  { caller, idempotency, run }: CallOptions,
  mission: NewMission,
): Promise<StoredResult & { readonly replayed?: boolean }> {
  admit();
  const stored = await findResultOfEarlierVersion(autocommit(db), idempotency);
  if (stored) return { ...stored, replayed: true };
  const { customer_id } = caller;
  const user_id = requireUser(caller, '/user_id', 'say whose mission it is.');
  const context = { at: clock.now().toISOString(), actor: actorOf(caller, mission.conversation_id ?? ''), newId };
  const command = { type: 'CreateMission', owner: { customer_id, user_id }, mission } as const;
  const decision = decide(null, command, context);
  if (decision.kind === 'refused') throw problemOf(decision);
  if (decision.kind === 'ignored')
    throw new Error(`CreateMission was ignored, and must be decided: ${decision.reason}`);

  const deeds = grantsAtCreation(caller, decision.next);
  const creation = { before: null, decision, context, idempotency, deeds } as const;
  const save = (tx: Tx | CreationGroup): Promise<StoredResult> =>
    saveDecision(tx, creation, { wakeDeliveries: deliveries.wake, notify });
  try {
    if (!run && openBlockers(decision.next).length === 0 && !awaitsMissions(command)) return await save(creations);
    return await transaction(db, async (tx) => {
      await holdLease(tx, caller, run);
      await limitQuestions(tx, decision.next, decision.changes);
      await requireAwaited(tx, { ...command.owner, id: null }, command);
      return await save(tx);
    });
  } catch (error) {
    return { ...(await replay(db, idempotency, quotaProblem(error) ?? error)), replayed: true };
  }
}

/** Callers with the service secret or an agent's key act as an agent; only a signed-in person acts as the user. */
const actorOf = (caller: Caller, conversationId: string): Actor => ({
  kind: caller.kind === 'user' ? 'user' : 'agent',
  by_key: caller.kind === 'agent',
  agent_id: caller.agent_id,
  conversation_id: conversationId,
});
