import type { Static } from 'typebox';
import type { CheckedReplies, Reply, TrackedEmail, TrackedEmailDetail } from '../email/email.ts';
import type {
  ChangedTask,
  EventPage,
  MissionDetail,
  MissionEvent,
  MissionPage,
  OpenBlocker,
  ReceivedSignal,
  ResumeBundle,
  Task,
} from '../mission/representation.ts';

/** The worked example of the specification, as it looks when the mails are out: bodies and answers of the main calls. Each is checked against its schema. */
const ids = {
  mission: '019c1a2b-7c00-7000-8000-000000000001',
  calendar: '019c1a2b-7c00-7000-8000-000000000002',
  answers: '019c1a2b-7c00-7000-8000-000000000003',
  event: '019c1a2b-7c00-7000-8000-000000000004',
  email: '019c1a2b-7c00-7000-8000-000000000005',
  reply: '019c1a2b-7c00-7000-8000-000000000006',
};
const begun = '2027-01-18T09:00:00.000Z';
const sent = '2027-01-18T09:05:00.000Z';
const until = '2027-01-20T09:05:00.000Z';

const calendar: Task = {
  id: ids.calendar,
  mission_id: ids.mission,
  title: 'Check my calendar',
  description: '',
  order: 1,
  status: 'completed',
  depends_on: [],
  blocked_by: '',
  blocked_reason: '',
  timeout_at: null,
  result: { free: ['2027-01-26T10:00:00Z'] },
  error: '',
  attempt: 1,
  started_at: begun,
  completed_at: sent,
  created_at: begun,
  updated_at: sent,
};

const answers: Task = {
  ...calendar,
  id: ids.answers,
  title: 'Sarah and John answer',
  order: 2,
  status: 'waiting_external',
  depends_on: [ids.calendar],
  blocked_by: `email_reply:${ids.answers}`,
  blocked_reason: 'their answers',
  timeout_at: until,
  result: {},
  started_at: sent,
  completed_at: null,
};

const event: MissionEvent = {
  id: ids.event,
  mission_id: ids.mission,
  sequence: 9,
  event_type: 'blocked',
  conversation_id: 'conv-A',
  agent_id: 'planner-7',
  task_id: ids.answers,
  title: 'their answers',
  content: '',
  metadata: { key: `email_reply:${ids.answers}`, until_at: until },
  created_at: sent,
};

const blocker: OpenBlocker = {
  key: `email_reply:${ids.answers}`,
  kind: 'email_reply',
  reason: 'their answers',
  task_id: ids.answers,
  since: sent,
  until_at: until,
};

const mission: Omit<MissionDetail, 'tasks' | 'recent_events' | 'blockers' | 'input_requests'> = {
  id: ids.mission,
  customer_id: 'acme',
  user_id: 'ada',
  title: 'Schedule a meeting with Sarah and John about the Q1 budget',
  description: '',
  created_by_agent_id: 'planner-7',
  origin_conversation_id: 'conv-A',
  status: 'waiting',
  phase: 'waiting',
  paused_by: null,
  priority: 'high',
  due_at: '2027-01-29T17:00:00.000Z',
  completed_at: null,
  outcome: null,
  summary: '',
  details: {},
  blocked_by: blocker.key,
  blocked_since: sent,
  can_run_autonomously: false,
  last_autonomous_check: null,
  max_lifetime_hours: 168,
  last_user_engagement_at: null,
  stale_notified_at: null,
  grace_period_ends_at: null,
  deleted_at: null,
  metadata: {},
  version: 4,
  task_counts: {
    pending: 0,
    ready: 0,
    in_progress: 0,
    waiting_human: 0,
    waiting_external: 1,
    blocked: 0,
    completed: 1,
    failed: 0,
    skipped: 0,
  },
  progress: 0.5,
  needs_attention: false,
  created_at: begun,
  updated_at: sent,
};

const detail: MissionDetail = {
  ...mission,
  tasks: [calendar, answers],
  recent_events: [event],
  blockers: [blocker],
  input_requests: [],
};
const page: Static<typeof MissionPage> = { missions: [{ ...mission, blockers: [blocker] }], next_cursor: null };
const history: Static<typeof EventPage> = { events: [event], next_cursor: null };
const changed: Static<typeof ChangedTask> = {
  ...calendar,
  mission: { id: ids.mission, status: 'waiting', phase: 'waiting', version: 4 },
};
const signal: Static<typeof ReceivedSignal> = { id: 'mail-1', key: blocker.key, duplicate: false, waiters: 1 };
const brief =
  'Goal: Schedule a meeting with Sarah and John about the Q1 budget.\nDone: Check my calendar.\nWaiting for: their answers, until 2027-01-20 09:05 UTC.';
const resumed: ResumeBundle = {
  mission,
  tasks: [calendar, answers],
  recent_events: [event],
  blockers: [blocker],
  input_requests: [],
  emails: [],
  next_tasks: [],
  brief,
};

const subject = 'Q1 budget: when would you have an hour?';
const text = 'Hello Sarah, hello John, when could we meet next week?';
const [sarah, john] = ['sarah@example.com', 'john@example.com'];
const address = 'k5wq2jz7m3tn6xhc4prdyvbe2a';
const email: TrackedEmail = {
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
  from_address: sarah,
  received_at: answered,
  notified_at: null,
  parsed_response: null,
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
const emailDetail: TrackedEmailDetail = { ...someReplied, replies: [reply] };
const pending = {
  tracking_id: ids.email,
  mission_id: ids.mission,
  task_id: ids.answers,
  subject,
  status: 'some_replied',
  sent_at: sent,
  expires_at: until,
} as const;
const checked: CheckedReplies = {
  replies: [reply],
  new_replies: [reply],
  pending: [{ ...pending, pending_from: [john], received_from: [sarah], bounced: [] }],
  all_replied: false,
};
const reminded: TrackedEmail = {
  ...someReplied,
  status: 'followup_sent',
  follow_ups: 1,
  last_follow_up_at: '2027-01-19T09:00:00.000Z',
  updated_at: '2027-01-19T09:00:00.000Z',
};

export const examples: Readonly<Record<string, { readonly body?: object; readonly answer?: object }>> = {
  createMission: {
    body: {
      user_id: 'ada',
      agent_id: 'planner-7',
      conversation_id: 'conv-A',
      title: mission.title,
      priority: 'high',
      due_at: '2027-01-29T17:00:00Z',
      tasks: [
        { title: 'Check my calendar', ref: 'calendar' },
        {
          title: 'Sarah and John answer',
          ref: 'answers',
          depends_on: ['calendar'],
          wait_for: { kind: 'email_reply', timeout_hours: 48, reason: 'their answers' },
        },
        { title: 'Book it', depends_on: ['answers'] },
      ],
    },
    answer: detail,
  },
  listMissions: { answer: page },
  getMission: { answer: detail },
  updateMission: { body: { status: 'completed', summary: 'Tuesday at ten, room 4', outcome: 'success' } },
  addMissionTask: { body: { title: 'Book a room', depends_on: [ids.answers] } },
  updateMissionTask: { body: { status: 'completed', result: { free: ['2027-01-26T10:00:00Z'] } }, answer: changed },
  logMissionEvent: {
    body: {
      event_type: 'user_message',
      content: 'in the morning, if you can',
      conversation_id: 'conv-A',
      agent_id: 'planner-7',
    },
  },
  listMissionEvents: { answer: history },
  resumeMission: { body: { conversation_id: 'conv-B', agent_id: 'planner-7' }, answer: resumed },
  sendSignal: {
    body: { kind: 'email_reply', reference: ids.answers, id: 'mail-1', data: { from: 'sarah@example.com' } },
    answer: signal,
  },
  askUser: {
    body: {
      prompt: 'Tuesday at ten with Sarah and John?',
      options: [
        { id: 'yes', label: 'Yes', description: 'book it' },
        { id: 'no', label: 'No' },
      ],
      expires_in_hours: 24,
      default_option: 'no',
      conversation_id: 'conv-A',
    },
  },
  respondToInputRequest: { body: { selected_option: 'yes', freeform_text: 'and bring the slides' } },
  sendEmail: {
    body: {
      user_id: 'ada',
      agent_id: 'planner-7',
      mission_id: ids.mission,
      task_id: ids.answers,
      to: [`Sarah Miller <${sarah}>`, john],
      subject,
      body: text,
      expect_reply: true,
      expires_in_hours: 48,
      conversation_id: 'conv-A',
    },
    answer: email,
  },
  checkReplies: { body: { user_id: 'ada', tracking_ids: [ids.email] }, answer: checked },
  getEmail: { answer: emailDetail },
  sendFollowUp: { body: { body: 'Hello John, could you find a moment to answer?' }, answer: reminded },
  claimRun: { body: { agent_id: 'planner-7', wait_seconds: 30, lease_seconds: 120 } },
  heartbeatRun: { body: { fence: 3 } },
  finishRun: { body: { fence: 3, status: 'succeeded' } },
};
