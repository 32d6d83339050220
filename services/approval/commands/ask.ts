import type { AskedInputRequest } from '@missions/contracts/approval/input-request.ts';
import { byProduct, type IntendedDeed } from '@missions/contracts/audit.ts';
import { dayOf, knownZone } from '@missions/contracts/zone.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { dueBy } from '@missions/runtime/clock.ts';
import { deciding } from '../domain/rules.ts';
import type { Pending } from '../domain/state.ts';
import { countUse, liveRules } from '../store/approval-rules.ts';
import { tellDelegates } from './tell-delegates.ts';
import { type CommandResult, type Context, executeCommand } from './execute-command.ts';

/** Stores a question and, if its user has decided it beforehand, the answer, in the caller's transaction. */
export async function ask(
  tx: Tx,
  context: Context,
  question: AskedInputRequest,
  traceparent?: string,
): Promise<CommandResult> {
  const { customer_id, id } = question;
  const command = () => ({ type: 'Ask', question }) as const;
  const asked = await executeCommand(tx, context, { customer_id, id, command, traceparent });
  const { decision, request } = asked;
  if (decision.kind !== 'moved' || request?.status !== 'pending') return asked;
  const answered = request.action === null ? undefined : await answerByRule(tx, context, request, traceparent);
  const now = answered?.request ?? request;
  if (asked.isDelegated && now.status === 'pending') await tellDelegates(tx, context, now, traceparent);
  return answered ?? asked;
}

/** Undefined if no rule answers it. */
async function answerByRule(
  tx: Tx,
  context: Context,
  question: Pending,
  traceparent: string | undefined,
): Promise<CommandResult | undefined> {
  const { customer_id, user_id, expires_at } = question;
  const virtualNow = dueBy(context.clock);
  for (const rule of deciding(await liveRules(tx, { customer_id, user_id }, virtualNow), question)) {
    if (expires_at <= rule.at) return undefined;
    const day = dayOf(Date.parse(rule.at), knownZone(rule.time_zone));
    if (!(await countUse(tx, customer_id, rule, day, virtualNow))) continue;
    const answered = await executeCommand(tx, context, {
      ...{ customer_id, id: question.id, traceparent, isInTransaction: true },
      command: (at) => ({
        type: 'Respond',
        answer: { selected_option: rule.option },
        by: { kind: 'user', customer_id, user_id },
        via: `rule:${rule.id}`,
        mission_id: null,
        at,
      }),
      deed: deedOf(question),
    });
    return answered.decision.kind === 'moved' ? answered : undefined;
  }
  return undefined;
}

/** Of the product: its user is not there. */
const deedOf = ({ customer_id, user_id, id, mission_id }: Pending): IntendedDeed => ({
  customer_id,
  by: { ...byProduct, user_id },
  action: 'input_request.responded',
  target: { kind: 'input_request', id },
  mission_id,
});
