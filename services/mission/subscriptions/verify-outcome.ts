import { approvalApproved, approvalOutcomes } from '@missions/contracts/approval/events.ts';
import { confirmOutcome } from '@missions/contracts/approval/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import type { SealedBody } from '@missions/messaging/consumer/options.ts';
import { isSealed } from '@missions/messaging/event-seal.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import { counter } from '@missions/runtime/metrics.ts';

const readResponded = eventReader(approvalOutcomes.responded);
const readApproved = eventReader(approvalApproved);
const readExpired = eventReader(approvalOutcomes.expired);
const verified = counter('missions_outcomes_verified_total', 'Outcomes of input requests, by how they were believed', [
  'by',
]);
const CONFIRM_MS = 2_000;

/**
 * An outcome of an input request is believed from the approval service only: by its seal, or, without a valid one, by
 * asking that service. Older versions published without a seal, and a key may have been exchanged since.
 *
 *     sealed ──▶ believed
 *     not sealed ──▶ ask ──▶ so it is ──▶ believed
 *                     ├──▶ it is not so ──▶ dead letter, nothing moves
 *                     └──▶ no answer ──▶ asked again, until there is one
 */
export const outcomeVerifier =
  (keys: readonly string[], request: Bus['request'], logger: Logger) =>
  async (event: EventEnvelope, received: SealedBody): Promise<void> => {
    if (isSealed(keys, event, received)) {
      verified.inc({ by: 'seal' });
      return;
    }
    const input = claimOf(event);
    if (input === undefined) return;
    const { customer_id } = event;
    const caller = { kind: 'service', credential: 'mission', customer_id, user_id: null, agent_id: null } as const;
    const reply = await request(confirmOutcome, { caller, input }, { timeoutMs: CONFIRM_MS });
    const { confirmed } = reply.json<{ confirmed: boolean }>();
    verified.inc({ by: confirmed ? 'request' : 'nothing' });
    if (confirmed) return;
    const { id, type } = event;
    logger.error({ event: id, type, customer_id, ...input }, 'an outcome was claimed that the approval service denies');
    throw new Problem(
      'VALIDATION_FAILED',
      `Event ${id} says ${type} of input request ${input.request_id}, bears no valid seal of the approval service ` +
        '(ANSWER_KEY), and that service denies it: somebody else has published it. Nothing was changed.',
    );
  };

/** Undefined for an event of a kind that this version does not know, and therefore ignores. */
function claimOf({ type, mission_id, data }: EventEnvelope) {
  switch (type) {
    case approvalOutcomes.responded: {
      const { request_id, response } = readResponded(data);
      return { request_id, mission_id, response };
    }
    case approvalApproved: {
      const { request_id, approval } = readApproved(data);
      return { request_id, mission_id, response: null, approval };
    }
    case approvalOutcomes.expired:
      return { request_id: readExpired(data).request_id, mission_id, response: null };
    default:
      return undefined;
  }
}
