import type { Question } from './outcome.ts';

interface People {
  /** Whose question it is; undefined: the reader's. */
  readonly whose: string | undefined;
  /** Assignees beside the reader. */
  readonly others: readonly string[];
  readonly wanted: number;
  readonly given: NonNullable<Question['approvals']>;
}

export const peopleOf = (
  { user_id, assignees = [], quorum = 1, approvals = [] }: Question,
  reader: string | undefined,
): People => ({
  whose: reader === undefined || user_id === reader ? undefined : user_id,
  others: assignees.filter((user) => user !== reader),
  wanted: quorum,
  given: approvals,
});

/** The reader has approved, and the others are waited for. */
export const hasApproved = ({ status, approvals = [] }: Question, reader: string | undefined): boolean =>
  status === 'pending' && approvals.some(({ user_id }) => user_id === reader);

/** Whether anybody but the reader is asked. */
export function asksOthers(question: Question, reader: string | undefined): boolean {
  const { whose, others } = peopleOf(question, reader);
  return whose !== undefined || others.length > 0;
}
