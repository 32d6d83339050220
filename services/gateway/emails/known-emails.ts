import type { Static } from 'typebox';
import { ensureEmail } from '@missions/contracts/email/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { findEmail } from '@missions/contracts/mission/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { blockerReference } from '@missions/contracts/waits.ts';
import type { Reply } from '@missions/messaging/request.ts';
import type { GatewayContext } from '../routes/register-operation.ts';

/**
 * The mission service decides that an e-mail is sent; the email-bridge learns of it by an event, and usually sooner by
 * `ensureDelivered`. While it has not, a call that would show the e-mail brings it: nobody reads that it is not there.
 */
type Gateway = Pick<GatewayContext, 'bus'>;

const CALL_MS = 2_000;

/** Executes a call about an e-mail, and once more if it expects replies and the email-bridge had not heard of it yet. */
export async function onceHeard(
  gateway: Gateway,
  caller: Caller,
  tracking_id: string,
  request: () => Promise<Reply>,
): Promise<Reply> {
  try {
    return await request();
  } catch (error) {
    const isUnknown = error instanceof Problem && error.code === 'EMAIL_NOT_FOUND';
    if (!isUnknown || !(await bring(gateway, caller, { tracking_id }))) throw error;
    return await request();
  }
}

/** What a representation of a mission says of the e-mails that were requested. */
export interface MailOfMission {
  readonly blockers?: readonly { readonly key: string }[];
  readonly recent_events?: readonly { readonly metadata: Readonly<Record<string, unknown>> }[];
}

/** A list of the mission's newest e-mails, read once more if it lacked one that the mission has just requested. */
export async function withUnheardEmails(
  gateway: Gateway,
  caller: Caller,
  mission_id: string,
  { blockers = [], recent_events = [] }: MailOfMission,
  request: () => Promise<Reply>,
): Promise<Reply> {
  const list = await request();
  const { emails } = list.json<{ emails: { id: string }[] }>();
  const listed = new Set(emails.map(({ id }) => id));
  const requested = new Set<unknown>([
    ...blockers.map(({ key }) => blockerReference('email_reply', key)),
    ...recent_events.map(({ metadata }) => (metadata['follow_up_of'] === undefined ? metadata['tracking_id'] : null)),
  ]);
  // Older e-mails may be on a later page.
  const oldest = emails.at(-1)?.id ?? '';
  const missing = [...requested].filter((id): id is string => typeof id === 'string' && id > oldest && !listed.has(id));
  const brought = await Promise.all(missing.map((tracking_id) => bring(gateway, caller, { tracking_id, mission_id })));
  return brought.some(Boolean) ? await request() : list;
}

/** @returns whether there is such an e-mail, which the email-bridge knows by now */
async function bring({ bus }: Gateway, caller: Caller, input: Static<typeof findEmail.input>): Promise<boolean> {
  const found = await bus.request(findEmail, { caller, input }, { timeoutMs: CALL_MS });
  const { mail } = found.json<Static<typeof findEmail.output>>();
  if (mail === null) return false;
  await bus.request(ensureEmail, { caller, input: mail }, { timeoutMs: CALL_MS });
  return true;
}
