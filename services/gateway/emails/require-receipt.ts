import { setTimeout as pause } from 'node:timers/promises';
import type { Static } from 'typebox';
import type { Action } from '@missions/contracts/approval/action.ts';
import type { Verdict } from '@missions/contracts/approval/receipt.ts';
import { verifyReceipt } from '@missions/contracts/approval/requests.ts';
import { needsReceipt } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { pingOf } from '@missions/contracts/ping.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { GatewayContext } from '../routes/register-operation.ts';

interface Mail {
  /** Undefined: those of the e-mail that is followed up. */
  readonly recipients: readonly string[] | undefined;
  readonly action: Action;
  readonly receipt: string | undefined;
}

type Demand = Static<typeof needsReceipt.output>;

const ASK_MS = 2_000;
const AGAIN_MS = 500;
/** Asks for nobody's mail. */
const gatewayItself: Caller = {
  ...{ kind: 'service', credential: 'gateway', customer_id: '-', user_id: null, agent_id: null },
};

/**
 * The email-bridge says whether a mail needs a receipt (EMAIL_REQUIRES_RECEIPT), and the approval service whether the one
 * that came along proves the approval of this very mail by its user. Asked before anything is decided about the mail.
 *
 * Mail is accepted while the bridge is away. Therefore what the bridge demands is learnt when the gateway starts, and with
 * each mail: while the bridge is away, mail is refused only where it was last heard to demand receipts, or never heard.
 *
 * @returns a function that throws Problem RECEIPT_REQUIRED, with the action that a question must carry.
 */
export function receiptDemand({
  bus,
  stopping,
}: Pick<GatewayContext, 'bus' | 'stopping'>): (caller: Caller, mail: Mail) => Promise<void> {
  let heard: Demand['mode'] | undefined;
  const ask = async (caller: Caller, input: Static<typeof needsReceipt.input>): Promise<Demand> => {
    try {
      const reply = await bus.request(needsReceipt, { caller, input }, { timeoutMs: ASK_MS });
      const demand = reply.json<Demand>();
      heard = demand.mode;
      return demand;
    } catch (error) {
      if (heard !== undefined || !isAway(error)) throw error;
      // A bridge of a version before this one is there, and demands nothing.
      await bus.request(pingOf('email-bridge'), { caller: gatewayItself, input: {} }, { timeoutMs: ASK_MS });
      return { needed: false, unknown: [], mode: 'never' };
    }
  };
  const learn = async (): Promise<void> => {
    while (heard === undefined && !stopping.aborted) {
      await ask(gatewayItself, {}).catch(() => {});
      if (heard === undefined) await pause(AGAIN_MS, undefined, { ref: false });
    }
  };
  void learn();

  return async (caller, { recipients, action, receipt }) => {
    const { needed, unknown } = await ask(caller, { ...(recipients && { recipients: [...recipients] }) }).catch(
      (error: unknown): Pick<Demand, 'needed' | 'unknown'> => {
        if (heard === 'never' && isAway(error)) return { needed: false, unknown: [] };
        throw error;
      },
    );
    if (!needed) return;
    if (receipt === undefined) throw required(whyNeeded(unknown), action);
    const reply = await bus.request(verifyReceipt, { caller, input: { receipt, action } });
    const { approved, reason = '' } = reply.json<Verdict>();
    if (!approved) throw required(`This receipt does not prove that this very mail was approved. ${reason}`, action);
  };
}

const isAway = (error: unknown): boolean =>
  error instanceof Problem && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT');

const whyNeeded = (unknown: readonly string[]): string =>
  unknown.length > 0
    ? `The user has not had mail with ${unknown.join(', ')} before, so that this mail needs a receipt of the user's approval.`
    : "Mail needs a receipt of the user's approval here.";

const required = (why: string, action: Action): Problem =>
  new Problem(
    'RECEIPT_REQUIRED',
    `${why} Nothing was sent. Ask the user with exactly this action, and send the mail with the receipt of the answer.`,
    { action },
  );
