import type { RequestedMail } from '@missions/contracts/email/email.ts';
import { type Command, decide } from '../domain/decide.ts';
import type { Decision, Effect } from '../domain/decision.ts';
import type { IncomingMessage } from '../domain/incoming-message.ts';
import type { State } from '../domain/state.ts';

/** Commands of one e-mail to Sarah and John, with its states, and how a decision reads. */
export const at = '2026-06-01T12:10:00.000Z';
const deadline = '2026-06-08T12:00:00.000Z';
const token = 'abcdefghijklmnopqrstuvwx27';
const requestedEmail: RequestedMail = {
  id: '0199a000-0000-7000-8000-000000000001',
  customer_id: 'acme',
  user_id: 'ada',
  mission_id: '0199a000-0000-7000-8000-00000000000a',
  task_id: null,
  to: ['Sarah Miller <sarah@example.com>', 'john@example.com'],
  cc: ['boss@example.com'],
  bcc: [],
  subject: 'Budget',
  body: 'When?',
  body_html: null,
  reply_to_message_id: null,
  expect_reply: true,
  expected_recipients: ['sarah@example.com', 'john@example.com'],
  until: 'all',
  expires_at: deadline,
  follow_up_of: null,
  created_at: '2026-06-01T12:00:00.000Z',
};
const { id, customer_id, user_id } = requestedEmail;
export const { mission_id } = requestedEmail;
const nonce = 'n'.repeat(26);
export const ourMessage = `<${id}.${nonce}@hub.example>`;
export const everybody = ['sarah@example.com', 'john@example.com', 'boss@example.com'];

export const request = (over: Partial<RequestedMail> = {}): Command => ({
  type: 'Request',
  email: { ...requestedEmail, ...over },
  token,
  recipient_tokens: ['a', 'b', 'c', 'd', 'e'],
  nonce,
  mail_address: 'reply@hub.example',
  mail_domain: 'hub.example',
  thread_id: null,
  at,
});
type Sent = Extract<Command, { type: 'MarkSent' }>;
export const sent = (over: Partial<Sent> = {}): Command => ({
  type: 'MarkSent',
  message: id,
  accepted: everybody,
  refused: [],
  deferred: [],
  retry_at: '2026-06-01T12:20:00.000Z',
  at,
  ...over,
});
export const refuse = (...addresses: string[]): Command =>
  sent({
    accepted: everybody.filter((one) => !addresses.includes(one)),
    refused: addresses.map((address) => ({ address, reason: '550 no such user' })),
  });
let messagesMade = 0;
const message = (from: string, over: Partial<IncomingMessage> = {}): IncomingMessage => ({
  message_id: `<${++messagesMade}@example.com>`,
  from: { name: '', address: from },
  addressed_to: [],
  references: [],
  subject: 'Re: Budget',
  kind: 'reply',
  null_reverse_path: over.kind === 'bounce',
  authentication: null,
  failures: [],
  unnamed_failure: null,
  text: 'Tuesday',
  snippet: 'Tuesday',
  reading: [],
  ...over,
});
type Received = Extract<Command, { type: 'Receive' }>;
export const reply = (from: string, over: Partial<IncomingMessage> = {}, how: Partial<Received> = {}): Command => ({
  type: 'Receive',
  id: `reply ${from}`,
  message: message(from, over),
  by: 'token',
  sent_to: [],
  seen: false,
  stored: 0,
  noted: 0,
  at,
  ...how,
});
export const failure = (recipient: string, permanent = true) => ({
  recipient,
  permanent,
  status: permanent ? '5.1.1' : '4.2.2',
  reason: 'unknown',
});
export const dsn = (...recipients: string[]): Command =>
  reply('mailer-daemon@example.com', {
    kind: 'bounce',
    references: [ourMessage],
    failures: recipients.map((one) => failure(one)),
  });
export const expire = (when = deadline): Command => ({ type: 'Expire', at: when });
export const cancel = (of: string | null = mission_id, by_reply = false): Command => ({
  type: 'Cancel',
  of: { id, customer_id, user_id, mission_id: of ?? '' },
  by_reply,
  at,
});
export const followUp = (over: { id?: string; body?: string | null } = {}): Command => ({
  type: 'FollowUp',
  id: 'f1',
  body: null,
  nonce: 'm'.repeat(26),
  mail_domain: 'hub.example',
  at,
  ...over,
});

export function moved(decision: Decision): Extract<Decision, { kind: 'moved' }> {
  if (decision.kind !== 'moved') throw new Error(`did not move: ${JSON.stringify(decision)}`);
  return decision;
}
/** The state after these commands, each of which must change it. */
export const given = (...commands: Command[]): State =>
  commands.reduce<State>((state, command) => moved(decide(state, command)).next, null);
const word = (effect: Effect): string => {
  if (effect.kind === 'announce') return effect.event === 'bounced' ? `bounced ${effect.recipient}` : effect.event;
  if (effect.kind === 'store_reply') return `store ${effect.reply.kind}`;
  return effect.kind === 'queue' ? `queue ${effect.message.number}` : effect.kind;
};
export const outcome = (decision: Decision): unknown[] =>
  decision.kind === 'moved'
    ? [decision.next.status, ...decision.effects.map(word)]
    : decision.kind === 'refused'
      ? [decision.code]
      : [decision.kind];
export const decided = (state: State, command: Command): unknown[] => outcome(decide(state, command));

export const sarah = 'sarah@example.com';
export const john = 'john@example.com';
export const states: Record<string, State> = {
  unknown: null,
  tombstone: given(cancel()),
  queued: given(request()),
  'no reply expected': given(request({ expect_reply: false }), sent()),
  awaiting: given(request(), sent()),
  'some replied': given(request(), sent(), reply(sarah)),
  'all replied': given(request(), sent(), reply(sarah), reply(john)),
  'followed up': given(request(), sent(), followUp({ id: 'f0' })),
  bounced: given(request(), sent(), dsn(sarah, john)),
  'half bounced': given(request(), sent(), dsn(john)),
  expired: given(request(), sent(), expire()),
  cancelled: given(request(), sent(), cancel()),
  'cancelled early': given(cancel(), request()),
};
