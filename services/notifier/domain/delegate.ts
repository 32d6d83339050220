import type { ApprovalDelegated } from '@missions/contracts/approval/events.ts';
import type { QuestionFacts, Taken } from './ladder.ts';

/** Somebody answers a question for another, for a while. */
export type Delegate = ApprovalDelegated['delegation'];

/** What is known of a reader's subject. */
interface Known {
  readonly facts: QuestionFacts | null;
  readonly taken: readonly Taken[];
}

/** Each once, as it was said last. */
export const withDelegate = (known: readonly Delegate[], said: Delegate): Delegate[] => [
  ...known.filter(({ id }) => id !== said.id),
  said,
];

/**
 * A question as its delegate is told of it: like its user, from the begin of the delegation on and until its end. Null if
 * that changes nothing: who is asked in their own right is told so already. One who answers for several is told once.
 * @param asked the question as it was asked
 * @param known the delegate's own subject, as it is
 */
export function asDelegated(
  asked: QuestionFacts,
  delegates: readonly Delegate[],
  reader: string,
  known: Known,
  now: number,
): { readonly facts: QuestionFacts; readonly taken: readonly Taken[] } | null {
  const isOwn = known.facts !== null && known.facts.shown_until === undefined;
  if (isOwn || (known.facts !== null && known.facts.state !== 'open')) return null;
  const theirs = delegates.filter(({ to_user_id }) => to_user_id === reader);
  const holding = theirs.filter(({ until }) => Date.parse(until) > now);
  const first = Math.min(...holding.map(({ from }) => Date.parse(from)));
  const last = Math.max(...theirs.map(({ until }) => Date.parse(until)));
  if (known.facts === null && holding.length === 0) return null;
  // It goes on, or is over: what was said of it stays said.
  if (known.facts !== null && (holding.length === 0 || now < (known.facts.shown_until ?? 0)))
    return { facts: { ...known.facts, shown_until: last }, taken: known.taken };
  // It was answered meanwhile, or its user has approved it.
  if (asked.state !== 'open') return null;
  const from = Math.max(asked.asked_at, first);
  const remind_at = asked.remind_at !== null && asked.remind_at > from ? asked.remind_at : null;
  return {
    facts: { ...asked, asked_at: from, shown_from: from, shown_until: last, remind_at, seen_at: null, state: 'open' },
    taken: [],
  };
}
