import type { ApprovalApproved } from '@missions/contracts/approval/events.ts';
import { inputRequestKey } from '@missions/contracts/waits.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { quote } from './quote.ts';
import { openBlockers } from './state.ts';

export type GivenApproval = Pick<ApprovalApproved, 'request_id' | 'approval' | 'given' | 'quorum'>;

/**
 * One of several people who must approve has done so: the mission waits on, and its history says who it was. A wait that
 * has ended meanwhile needs no word of it.
 */
export function receiveApproval(changes: ChangeBuilder, { request_id, approval, given, quorum }: GivenApproval): void {
  const key = inputRequestKey(request_id);
  const blocker = openBlockers(changes.mission).find((open) => open.key === key);
  if (!blocker) return;
  const { user_id, on_behalf_of, selected_option, via, note } = approval;
  const who = on_behalf_of === undefined ? [user_id] : [on_behalf_of, user_id];
  const { asked } = blocker;
  if (asked) changes.setBlocker(blocker.id, { asked: { ...asked, approved: [...(asked.approved ?? []), ...who] } });
  changes.record('logged', {
    logged: 'user_message',
    title: `Approved by ${whoApproved(approval)}, ${given} of ${quorum}: ${quote(blocker.reason, 200)}`,
    content: note ?? '',
    task_id: blocker.task_id,
    metadata: {
      key,
      request_id,
      approved_by: user_id,
      ...(on_behalf_of !== undefined && { on_behalf_of }),
      selected_option,
      via,
      given,
      quorum,
    },
  });
}

const whoApproved = ({ user_id, on_behalf_of }: GivenApproval['approval']): string =>
  quote(user_id, 100) + (on_behalf_of === undefined ? '' : ` on behalf of ${quote(on_behalf_of, 100)}`);
