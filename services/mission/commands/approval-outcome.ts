import { approvalApproved, approvalOutcomes } from '@missions/contracts/approval/events.ts';
import { isByRule } from '@missions/contracts/approval/input-request.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { type EventCommand, systemActor } from './execute-event.ts';

const readResponded = eventReader(approvalOutcomes.responded);
const readApproved = eventReader(approvalApproved);
const readExpired = eventReader(approvalOutcomes.expired);

/** Undefined for an event of a kind that this version does not know. */
export function commandForApprovalEvent({ type, data }: EventEnvelope): EventCommand | undefined {
  switch (type) {
    case approvalOutcomes.responded: {
      const { request_id, response } = readResponded(data);
      // A rule answers whether or not its user is there: that is no engagement.
      const byItself = response.via === 'timeout' || isByRule(response.via);
      const actor = byItself ? systemActor : { ...systemActor, kind: 'user' as const };
      return { command: { type: 'ReceiveResponse', request_id, response }, actor };
    }
    case approvalApproved:
      return {
        command: { type: 'ReceiveApproval', approval: readApproved(data) },
        actor: { ...systemActor, kind: 'user' },
      };
    case approvalOutcomes.expired:
      return { command: { type: 'ExpireInputRequest', request_id: readExpired(data).request_id }, actor: systemActor };
    default:
      return undefined;
  }
}
