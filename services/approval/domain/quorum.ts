import { approves } from '@missions/contracts/approval/action.ts';
import type { Response } from '@missions/contracts/approval/input-request.ts';
import type { Approval } from '@missions/contracts/approval/several-people.ts';
import { type Refused, refused } from '@missions/contracts/decision.ts';
import { placeHeld } from './answerers.ts';
import { type Pending, sameJson } from './state.ts';

/** An answer as it is kept beside its request. */
export interface GivenAnswer {
  readonly user_id: string;
  readonly approves: boolean;
  readonly response: Response;
  readonly at: string;
}

interface Counted {
  readonly approvals: Approval[];
  /** The request is answered: enough people have approved, or one has refused. */
  readonly isFull: boolean;
  readonly kept: GivenAnswer | null;
}

/**
 * Counts an answer among those that the request has (specification section 3.5): different people must approve the
 * same, and one refusal ends it.
 */
export function counted(request: Pending, response: Response, userId: string, at: string): Counted | Refused {
  const { quorum, approvals } = request;
  const { selected_option, via, note, edits } = response;
  const isApproval = approves(request, selected_option);
  const kept = { user_id: userId, approves: isApproval, response: bare(response), at };
  if (quorum === 1) return { approvals, isFull: true, kept: userId === request.user_id ? null : kept };
  const place = response.on_behalf_of ?? userId;
  const before = approvals.find((given) => given.user_id === userId || placeHeld(given) === place);
  if (before) {
    return refused(
      'ALREADY_RESPONDED',
      `${whoApproved(before, userId)} at ${before.responded_at}. It needs ${quorum} different people, of ` +
        `whom ${approvals.length} have approved: nothing was recorded.`,
      { status: 'pending' },
    );
  }
  if (!isApproval || selected_option === null) return { approvals, isFull: true, kept };
  const [first] = approvals;
  const other = first && whatDiffers(first, response);
  if (other) return other;
  const approval: Approval = {
    ...{ user_id: userId, selected_option, via, responded_at: at },
    ...(response.on_behalf_of !== undefined && { on_behalf_of: response.on_behalf_of }),
    ...(note !== undefined && { note }),
    ...(edits && { edits }),
  };
  const all = [...approvals, approval];
  return { approvals: all, isFull: all.length >= quorum, kept };
}

/** A person, and whoever they answer for, approve once together. */
function whoApproved({ user_id, on_behalf_of }: Approval, reader: string): string {
  if (user_id === reader) return 'You have approved this';
  if (on_behalf_of === undefined) return `${user_id}, for whom you answer, has approved this`;
  return `${user_id} has approved this on behalf of ${on_behalf_of === reader ? 'you' : on_behalf_of}`;
}

/** What people approve together is one and the same: who wants something else refuses, with a note. */
function whatDiffers(first: Approval, { selected_option, edits = {} }: Response): Refused | undefined {
  if (first.selected_option !== selected_option)
    return differs('/selected_option', `choose "${first.selected_option}", as ${first.user_id} has, or refuse`);
  if (!sameJson(first.edits ?? {}, edits))
    return differs(
      '/edits',
      `must be those of ${first.user_id}, who has approved: ${JSON.stringify(first.edits ?? {})}`,
    );
  return undefined;
}

const differs = (path: string, message: string): Refused =>
  refused('VALIDATION_FAILED', `${path}: ${message}. Several people approve one and the same.`, {
    errors: [{ path, message }],
  });

/** The action that was approved stands in the request, once it is. */
const bare = ({ effective_action: _, ...response }: Response): Response => response;
