import type { CheckedReplies, EmailOfMission, Reply, TrackedEmail, TrackedEmailDetail } from '../../email/email.ts';
import { ids, sent, until } from './missions.ts';

export const subject = 'Q1 budget: when would you have an hour?';
export const text = 'Hello Sarah, hello John, when could we meet next week?';
export const [sarah, john] = ['sarah@example.com', 'john@example.com'];
const address = 'k5wq2jz7m3tn6xhc4prdyvbe2a';
export const email: TrackedEmail = {
  id: ids.email,
  tracking_id: ids.email,
  customer_id: 'acme',
  user_id: 'ada',
  mission_id: ids.mission,
  task_id: ids.answers,
  message_id: `<${ids.email}.${address}@mail.example.com>`,
  thread_id: `<${ids.email}.${address}@mail.example.com>`,
  from: 'reply@mail.example.com',
  reply_to: `reply+${address}@mail.example.com`,
  to: [`Sarah Miller <${sarah}>`, john],
  cc: [],
  bcc: [],
  expected_recipients: [sarah, john],
  subject,
  body_text: text,
  body_html: null,
  expect_reply: true,
  until: 'all',
  status: 'queued',
  pending_from: [sarah, john],
  received_from: [],
  bounced: [],
  follow_ups: 0,
  last_follow_up_at: null,
  last_error: '',
  sent_at: null,
  expires_at: until,
  created_at: sent,
  updated_at: sent,
};
const answered = '2027-01-18T11:30:00.000Z';
const reply: Reply = {
  id: ids.reply,
  tracking_id: ids.email,
  kind: 'reply',
  recipient: sarah,
  from_address: sarah,
  received_at: answered,
  notified_at: null,
  parsed_response: null,
  authentication: { spf: 'pass', dkim: 'pass', dmarc: 'pass' },
  reading: [{ stage: 'own_words', what: '1 line of a quote', why: 'marked with >', unsure: false }],
  untrusted: {
    from_name: 'Sarah Miller',
    snippet: 'Tuesday at ten suits me.',
    body_text: `Tuesday at ten suits me.\n\n> ${text}`,
  },
};
const someReplied = {
  ...email,
  status: 'some_replied',
  pending_from: [john],
  received_from: [sarah],
  sent_at: sent,
  updated_at: answered,
} as const satisfies TrackedEmail;
export const emailDetail: TrackedEmailDetail = { ...someReplied, replies: [reply] };
const { body_text: _sent, body_html: _html, ...withoutText } = someReplied;
const { body_text: _text, ...shown } = reply.untrusted;
export const emailOfMission: EmailOfMission = { ...withoutText, replies: [{ ...reply, untrusted: shown }] };
const pending = {
  tracking_id: ids.email,
  mission_id: ids.mission,
  task_id: ids.answers,
  subject,
  status: 'some_replied',
  sent_at: sent,
  expires_at: until,
} as const;
export const checked: CheckedReplies = {
  replies: [reply],
  new_replies: [reply],
  pending: [{ ...pending, pending_from: [john], received_from: [sarah], bounced: [] }],
  all_replied: false,
};
export const reminded: TrackedEmail = {
  ...someReplied,
  status: 'followup_sent',
  follow_ups: 1,
  last_follow_up_at: '2027-01-19T09:00:00.000Z',
  updated_at: '2027-01-19T09:00:00.000Z',
};
