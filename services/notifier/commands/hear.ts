import type { Tx } from '@missions/persistence/transaction.ts';
import { endedUntold, lookAt, nextStep, type Taken, type Wishes } from '../domain/ladder.ts';
import {
  askedAbout,
  askedFacts,
  endedState,
  type Heard,
  missionAbout,
  missionFacts,
  missionSubjectId,
  questionId,
  type State,
  type HeardOf,
} from '../domain/subject.ts';
import { readPerson, wishesOf } from '../store/people.ts';
import { lockSubject, saveSubject, settleMission } from '../store/subjects.ts';
import type { Context } from './context.ts';
import { sayUnreachable } from './say-unreachable.ts';
import { takeBack } from './take-back.ts';

/** Takes in what an event says: the facts of its subject, and when to ask the ladder about it. */
export async function hear(tx: Tx, context: Context, heard: Heard, told: HeardOf): Promise<void> {
  const now = context.clock.now();
  if (heard.kind === 'mission_moved') {
    const settled = await settleMission(tx, told.customer_id, told.mission_id, heard.settles, told.version);
    return await takeBack(tx, context, told, settled);
  }
  const id =
    heard.kind === 'mission_is'
      ? missionSubjectId(heard.what, told.mission_id)
      : questionId(heard.kind === 'asked' ? heard.question.id : heard.request_id);
  const stored = await lockSubject(tx, told, id, now);
  const next = after(stored, heard, told);
  if (next === null) return;
  const { facts } = next;
  const wishes: Wishes = wishesOf(await readPerson(tx, { customer_id: told.customer_id, user_id: stored.user_id }));
  const lost = endedUntold(next);
  const at = now.getTime();
  const taken = lost ? [...next.taken, { step: 'unreachable' as const, channels: [], at }] : next.taken;
  const due_at = facts && lookAt(facts, nextStep(facts, taken, wishes, at), at);
  await saveSubject(tx, told.customer_id, id, { ...next, taken, due_at });
  if (lost) await sayUnreachable(tx, context, [{ ...next, ...told, id, user_id: stored.user_id }]);
  if (heard.kind === 'question_ended') await takeBack(tx, context, { ...told, user_id: stored.user_id }, [id]);
  if (due_at !== null) tx.afterCommit(() => context.dueStored(due_at));
}

/** Null if the event changes nothing. A question that had ended before it was heard of is told of by nobody. */
function after(
  stored: State & { readonly taken: readonly Taken[] },
  heard: Exclude<Heard, { kind: 'mission_moved' }>,
  told: HeardOf,
): (State & { taken: readonly Taken[] }) | null {
  const { facts, about, version, taken } = stored;
  switch (heard.kind) {
    case 'asked': {
      if (facts !== null || version > 0) return null;
      return {
        facts: askedFacts(heard.question),
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
