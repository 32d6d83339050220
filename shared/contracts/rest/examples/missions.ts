import type { Static } from 'typebox';
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
} from '../../mission/representation.ts';
import { emailReplyKey } from '../../waits.ts';

/**
 * The worked example of the specification after the e-mails are sent: bodies and responses of the main calls. A test
 * validates each against its schema.
 */
export const ids = {
  mission: '019c1a2b-7c00-7000-8000-000000000001',
  calendar: '019c1a2b-7c00-7000-8000-000000000002',
  answers: '019c1a2b-7c00-7000-8000-000000000003',
  event: '019c1a2b-7c00-7000-8000-000000000004',
  email: '019c1a2b-7c00-7000-8000-000000000005',
  reply: '019c1a2b-7c00-7000-8000-000000000006',
};
const begun = '2027-01-18T09:00:00.000Z';
export const sent = '2027-01-18T09:05:00.000Z';
export const until = '2027-01-20T09:05:00.000Z';

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
  blocked_by: emailReplyKey(ids.answers),
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
  metadata: { key: emailReplyKey(ids.answers), until_at: until },
  created_at: sent,
};

const blocker: OpenBlocker = {
  key: emailReplyKey(ids.answers),
  kind: 'email_reply',
  reason: 'their answers',
  task_id: ids.answers,
  since: sent,
  until_at: until,
};

export const mission: Omit<MissionDetail, 'tasks' | 'recent_events' | 'blockers' | 'input_requests'> = {
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
  attention: [],
  created_at: begun,
  updated_at: sent,
};

export const detail: MissionDetail = {
  ...mission,
  tasks: [calendar, answers],
  recent_events: [event],
  blockers: [blocker],
  input_requests: [],
};
export const page: Static<typeof MissionPage> = { missions: [{ ...mission, blockers: [blocker] }], next_cursor: null };
export const history: Static<typeof EventPage> = { events: [event], next_cursor: null };
export const changed: Static<typeof ChangedTask> = {
  ...calendar,
  mission: { id: ids.mission, status: 'waiting', phase: 'waiting', version: 4 },
};
export const signal: Static<typeof ReceivedSignal> = {
  id: 'booking-1',
  key: 'webhook:room-4711',
  duplicate: false,
  waiters: 1,
};
const brief =
  'Goal: Schedule a meeting with Sarah and John about the Q1 budget.\nDone: Check my calendar.\nWaiting for: their answers, until 2027-01-20 09:05 UTC.';
export const resumed: ResumeBundle = {
  mission,
  tasks: [calendar, answers],
  recent_events: [event],
  blockers: [blocker],
  input_requests: [],
  emails: [],
  next_tasks: [],
  brief,
};
