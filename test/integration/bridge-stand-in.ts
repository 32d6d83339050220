import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { RequestedMail, TrackedEmail } from '@missions/contracts/email/email.ts';
import * as requests from '@missions/contracts/email/requests.ts';
import { requestedMail } from '@missions/contracts/email/requested.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import type { RequestServer } from '@missions/messaging/serve.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { standingInFor } from '@missions/test-support/caller-keys.ts';

/**
 * Replaces the email-bridge: serves its requests and publishes its events, without mail. A test sets its responses, and
 * can make it unavailable.
 */
export interface BridgeStandIn {
  /** Received e-mail requests in order, repetitions included. */
  readonly ensured: RequestedMail[];
  /** Messages that the webhook delivered: bytes and envelope. */
  readonly ingested: { raw: Buffer; envelope_to: string[]; envelope_from: string | undefined }[];
  readonly emails: Map<string, TrackedEmail>;
  /** Callers of the requests, in order. `keyed`: the request had an idempotency key. */
  readonly callers: { verb: string; user_id: string | null; agent_id: string | null; keyed: boolean }[];
  replied(mail: TrackedEmail, from: string): Promise<void>;
  allReplied(mail: TrackedEmail): Promise<void>;
  away(): Promise<void>;
  back(): Promise<void>;
  stop(): Promise<void>;
}

export async function startBridgeStandIn(natsUrl: string): Promise<BridgeStandIn> {
  const bus = await connectBus({
    servers: natsUrl,
    name: 'email-bridge',
    logger: createLogger({ service: 'stand-in', level: 'silent' }),
    callerKeys: standingInFor('email-bridge'),
  });
  const ensured: BridgeStandIn['ensured'] = [];
  const ingested: BridgeStandIn['ingested'] = [];
  const callers: BridgeStandIn['callers'] = [];
  const emails = new Map<string, TrackedEmail>();

  const find = (
    id: string,
    { customer_id, user_id }: { customer_id: string; user_id: string | null },
  ): TrackedEmail => {
    const found = emails.get(id);
    if (!found || found.customer_id !== customer_id || (user_id !== null && found.user_id !== user_id))
      throw new Problem('EMAIL_NOT_FOUND', 'There is no such e-mail.');
    return found;
  };
  const ensure = (mail: RequestedMail): TrackedEmail => {
    const known = emails.get(mail.follow_up_of ?? mail.id);
    const email = mail.follow_up_of === null ? (known ?? tracked(mail)) : followedUp(known as TrackedEmail);
    emails.set(email.id, email);
    return email;
  };
  const note = (
    verb: string,
    { caller, idempotency }: { caller: { user_id: string | null; agent_id: string | null }; idempotency?: unknown },
  ): void =>
    void callers.push({ verb, user_id: caller.user_id, agent_id: caller.agent_id, keyed: idempotency !== undefined });

  const endpoints = [
    endpoint(requests.ensureEmail, async (message) => {
      note('ensure', message);
      ensured.push(message.input);
      return { body: ensure(message.input) };
    }),
    endpoint(requests.sendEmail, async (message) => {
      note('send', message);
      const { customer_id, user_id } = message.caller;
      return {
        body: ensure(
          requestedMail(message.input, {
            id: newId(),
            customer_id,
            user_id: user_id ?? '',
            at: new Date().toISOString(),
          }),
        ),
      };
    }),
    endpoint(requests.needsReceipt, async () => ({ body: { needed: false, unknown: [], mode: 'never' as const } })),
    endpoint(requests.getEmail, async ({ caller, input }) => ({
      body: { ...find(input.tracking_id, caller), replies: [] },
    })),
    endpoint(requests.checkReplies, async (message) => {
      note('check_replies', message);
      return { body: { replies: [], new_replies: [], pending: [], all_replied: true } };
    }),
    endpoint(requests.followUpEmail, async (message) => {
      note('follow_up', message);
      return { body: followedUp(find(message.input.tracking_id, message.caller)) };
    }),
    endpoint(requests.listEmailsOfMission, async ({ caller, input }) => {
      const ours = [...emails.values()].filter(
        (it) => it.mission_id === input.mission_id && it.customer_id === caller.customer_id,
      );
      return {
        body: { emails: ours.map(({ body_text: _text, body_html: _html, ...brief }) => ({ ...brief, replies: [] })) },
      };
    }),
    endpoint(requests.ingestMessage, async ({ input }) => {
      const raw = Buffer.from(input.raw, 'base64');
      ingested.push({ raw, envelope_to: input.envelope_to, envelope_from: input.envelope_from });
      return { body: { matched: raw.includes('for us') ? [{ customer_id: 'acme', tracking_id: newId() }] : [] } };
    }),
  ];
  let served: RequestServer | undefined;
  const back = async (): Promise<void> => {
    served ??= await bus.serve('email-bridge', endpoints);
    await bus.flush();
  };
  const away = async (): Promise<void> => {
    await served?.stop();
    served = undefined;
    await bus.flush();
  };
  await back();

  const publish = async (
    type: string,
    { customer_id, user_id, mission_id, task_id, id: tracking_id, subject }: TrackedEmail,
    data: object,
  ): Promise<void> => {
    const about = { customer_id, user_id, mission_id, task_id, tracking_id, subject };
    const time = new Date().toISOString();
    await bus.publish({
      id: newId(),
      type,
      source: '/services/email-bridge',
      time,
      customer_id,
      user_id,
      mission_id: mission_id ?? '',
      version: 2,
      index: 0,
      data: { ...about, ...data },
    });
  };
  const reply = ({ id: tracking_id }: TrackedEmail, from_address: string) => ({
    id: newId(),
    tracking_id,
    kind: 'reply',
    from_address,
    received_at: new Date().toISOString(),
    notified_at: null,
    parsed_response: null,
    untrusted: { from_name: '', snippet: 'Tuesday', body_text: 'Tuesday' },
  });
  return {
    ensured,
    ingested,
    emails,
    callers,
    replied: (mail, from) =>
      publish(emailOutcomes.replied, mail, {
        reply: reply(mail, from),
        pending_from: mail.expected_recipients.filter((it) => it !== from),
        received_from: [from],
        bounced: [],
      }),
    allReplied: (mail) =>
      publish(emailOutcomes.allReplied, mail, {
        replies: mail.expected_recipients.map((from) => reply(mail, from)),
        pending_from: [],
        received_from: mail.expected_recipients,
        bounced: [],
      }),
    away,
    back,
    stop: async () => {
      await away();
      await bus.drain();
    },
  };
}

function tracked({ follow_up_of: _none, body, ...mail }: RequestedMail): TrackedEmail {
  const message_id = `<${mail.id}.token@example.com>`;
  const { reply_to_message_id: _to, ...fields } = mail;
  return {
    ...fields,
    tracking_id: mail.id,
    message_id,
    thread_id: message_id,
    from: 'reply@example.com',
    reply_to: 'reply+token@example.com',
    body_text: body,
    status: 'queued',
    pending_from: mail.expected_recipients,
    received_from: [],
    bounced: [],
    follow_ups: 0,
    last_follow_up_at: null,
    last_error: '',
    sent_at: null,
    expires_at: mail.expect_reply ? mail.expires_at : null,
    updated_at: mail.created_at,
  };
}

const followedUp = (email: TrackedEmail): TrackedEmail => ({
  ...email,
  status: 'followup_sent',
  follow_ups: email.follow_ups + 1,
  last_follow_up_at: new Date().toISOString(),
});
