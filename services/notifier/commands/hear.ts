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
import { lockSubject, saveSubject, settleMission } from '../store/subjects.ts';
import type { Context } from './context.ts';
import { sayUnreachable } from './say-unreachable.ts';
import { takeBack } from './take-back.ts';

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
      const { request_id, user_id } = heard;
      const id = user_id === told.user_id ? questionId(request_id) : sharedQuestionId(request_id, user_id);
      return void (await hearOf(tx, context, id, heard, { ...told, user_id }));
    }
    case 'asked': {
      const { id } = heard.question;
      // One that has ended before it was heard of is told of by nobody.
      if ((await hearOf(tx, context, questionId(id), heard, told)) === null) return;
      for (const { user_id, from } of othersOf(heard.question))
        await hearOf(tx, context, sharedQuestionId(id, user_id), heard, { ...told, user_id }, from);
      return;
    }
    case 'question_ended': {
      const { request_id } = heard;
      const ended = await hearOf(tx, context, questionId(request_id), heard, told);
      for (const user_id of ended?.about?.others ?? [])
        await hearOf(tx, context, sharedQuestionId(request_id, user_id), heard, { ...told, user_id });
      return;
    }
    default:
      return heard satisfies never;
  }
}

/** Of one subject, which one user is told of. @returns what is stored of it; null if nothing has changed */
async function hearOf(
  tx: Tx,
  context: Context,
  id: string,
  heard: Exclude<Heard, { kind: 'mission_moved' }>,
  told: HeardOf,
  from: string | null = null,
): Promise<State | null> {
  const now = context.clock.now();
  const stored = await lockSubject(tx, told, id, now);
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
  return next;
}

/** Null if the event changes nothing. A question that had ended before it was heard of is told of by nobody. */
function after(
  stored: State & { readonly taken: readonly Taken[] },
  heard: Exclude<Heard, { kind: 'mission_moved' }>,
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
