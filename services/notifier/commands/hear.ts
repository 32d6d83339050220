import type { Tx } from '@missions/persistence/transaction.ts';
import { endedUntold, lookAt, nextStep, type Taken, type Wishes } from '../domain/ladder.ts';
import {
  askedAbout,
  askedFacts,
  endedState,
  escalatedFacts,
  type Heard,
  isOfAnother,
  missionAbout,
  missionFacts,
  missionSubjectId,
  othersOf,
  questionId,
  sharedQuestionId,
  type State,
  type HeardOf,
} from '../domain/subject.ts';
import { readPerson, wishesOf } from '../store/people.ts';
import { lockSubject, saveSubject, settleMission, type StoredSubject } from '../store/subjects.ts';
import type { Context } from './context.ts';
import { hearDelegated, tellDelegates } from './hear-delegated.ts';
import { sayUnreachable } from './say-unreachable.ts';
import { takeBack } from './take-back.ts';

/** What is heard of each reader's subject by itself. */
type Single = Exclude<Heard, { kind: 'mission_moved' | 'delegated' }>;

/** Takes in what an event says: the facts of its subjects, and when to ask the ladder about them. */
export async function hear(tx: Tx, context: Context, heard: Heard, told: HeardOf): Promise<void> {
  switch (heard.kind) {
    case 'mission_moved': {
      const settled = await settleMission(tx, told.customer_id, told.mission_id, heard.settles, told.version);
      return await takeBack(tx, context, told, settled);
    }
    case 'mission_is':
      return void (await hearOf(tx, context, missionSubjectId(heard.what, told.mission_id), heard, told));
    case 'approved': {
      const { request_id, user_id, on_behalf_of } = heard;
      const stored = await lockSubject(tx, told, questionId(request_id), context.clock.now());
      if (stored === null) return;
      const { delegates, about } = stored;
      // Nobody answers any more for whoever has approved; who is asked in their own right is asked still.
      const place = on_behalf_of ?? user_id;
      const asked = [told.user_id, ...(about?.others ?? [])];
      const others = delegates.flatMap((one) =>
        one.user_id === place && !asked.includes(one.to_user_id) ? one.to_user_id : [],
      );
      for (const reader of new Set([user_id, place, ...others]))
        await hearOf(tx, context, subjectOf(request_id, reader, told), heard, { ...told, user_id: reader });
      return;
    }
    case 'delegated':
      return await hearDelegated(tx, context, heard, told);
    case 'asked': {
      const { id } = heard.question;
      // One that has ended before it was heard of, or whose user was erased, is told of by nobody.
      const asked = await hearOf(tx, context, questionId(id), heard, told);
      if (asked === null) return;
      for (const { user_id, from } of othersOf(heard.question))
        await hearOf(tx, context, sharedQuestionId(id, user_id), heard, { ...told, user_id }, from);
      await tellDelegates(tx, context, id, asked, told);
      return;
    }
    case 'question_ended': {
      const { request_id } = heard;
      const ended = await hearOf(tx, context, questionId(request_id), heard, told);
      const delegates = (ended?.delegates ?? []).map(({ to_user_id }) => to_user_id);
      for (const user_id of new Set([...(ended?.about?.others ?? []), ...delegates]))
        await hearOf(tx, context, sharedQuestionId(request_id, user_id), heard, { ...told, user_id });
      return;
    }
    default:
      return heard satisfies never;
  }
}

const subjectOf = (requestId: string, reader: string, { user_id }: HeardOf): string =>
  reader === user_id ? questionId(requestId) : sharedQuestionId(requestId, reader);

/**
 * Of one subject, which one user is told of. @returns what is stored of it; null if nothing has changed, or the user was
 * erased
 */
async function hearOf(
  tx: Tx,
  context: Context,
  id: string,
  heard: Single,
  told: HeardOf,
  from: string | null = null,
): Promise<(State & Pick<StoredSubject, 'delegates'>) | null> {
  const now = context.clock.now();
  const stored = await lockSubject(tx, told, id, now);
  if (stored === null) return null;
  const next = after(stored, heard, told, from);
  // The owner of a question may have approved it, and so be done with it, before the others were.
  if (next === null) return heard.kind === 'question_ended' ? stored : null;
  const { facts } = next;
  const wishes: Wishes = wishesOf(await readPerson(tx, { customer_id: told.customer_id, user_id: stored.user_id }));
  const lost = endedUntold(next);
  const at = now.getTime();
  const taken = lost ? [...next.taken, { step: 'unreachable' as const, channels: [], at }] : next.taken;
  const due_at = facts && lookAt(facts, nextStep(facts, taken, wishes, at), at);
  await saveSubject(tx, told.customer_id, id, { ...next, taken, due_at });
  // That somebody else was told of it on no channel says nothing of the mission's user.
  if (lost && !isOfAnother(id)) await sayUnreachable(tx, context, [{ ...next, ...told, id, user_id: stored.user_id }]);
  if (heard.kind === 'question_ended' || heard.kind === 'approved')
    await takeBack(tx, context, { ...told, user_id: stored.user_id }, [id]);
  if (due_at !== null) tx.afterCommit(() => context.dueStored(due_at));
  return { ...next, delegates: stored.delegates };
}

/** Null if the event changes nothing. A question that had ended before it was heard of is told of by nobody. */
function after(
  stored: State & { readonly taken: readonly Taken[] },
  heard: Single,
  told: HeardOf,
  from: string | null,
): (State & { taken: readonly Taken[] }) | null {
  const { facts, about, version, taken } = stored;
  switch (heard.kind) {
    case 'asked': {
      if (facts !== null || version > 0) return null;
      const asked = askedFacts(heard.question);
      return {
        facts: from === null ? asked : escalatedFacts(asked, from),
        about: askedAbout(heard.question, heard.mission_title),
        version: 0,
        taken,
      };
    }
    case 'question_ended': {
      const ended = endedState({ facts, about, version }, heard.how, heard.took, told.at);
      if (ended !== null) return { ...ended, version: told.version, taken };
      return facts === null ? { facts, about, version: told.version, taken } : null;
    }
    case 'approved': {
      const settled = endedState({ facts, about, version }, 'settled', null, told.at);
      return settled && { ...settled, version: told.version, taken };
    }
    case 'mission_is': {
      if (told.version <= version) return null;
      return {
        facts: missionFacts(heard.what, told.at, heard.ends_at),
        about: missionAbout(heard.mission_title, heard.text),
        version: told.version,
        // It has happened anew.
        taken: [],
      };
    }
    default:
      return heard satisfies never;
  }
}
