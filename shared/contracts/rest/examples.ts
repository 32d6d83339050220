import {
  checked,
  email,
  emailDetail,
  emailOfMission,
  john,
  reminded,
  sarah,
  subject,
  text,
} from './examples/emails.ts';
import { inbox, seen, snoozed } from './examples/inbox.ts';
import { changed, detail, history, ids, mission, page, resumed, signal } from './examples/missions.ts';

export const examples: Readonly<Record<string, { readonly body?: object; readonly response?: object }>> = {
  createMission: {
    body: {
      user_id: 'ada',
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
        {
          title: 'The room is free, or it is the 25th',
          ref: 'room',
          wait_for: {
            until: 'any',
            waits: [
              { kind: 'webhook', reference: 'room-4711' },
              { kind: 'time', until: '2027-01-25T09:00:00Z' },
            ],
          },
        },
        { title: 'Book it', depends_on: ['answers', 'room'] },
      ],
    },
    response: detail,
  },
  listMissions: { response: page },
  getMission: { response: detail },
  createMyMission: { body: { title: mission.title, priority: 'high', due_at: '2027-01-29T17:00:00Z' } },
  updateMyMission: { body: { priority: 'urgent', can_run_autonomously: true } },
  setMyLimits: { body: { max_runs_per_day: 40, max_cost_per_day: { amount: '5.00', currency: 'EUR' } } },
  setCustomerLimits: { body: { max_runs_per_day: 2_000, time_zone: 'Europe/Berlin' } },
  setMyMissionLimits: {
    body: {
      ...{ max_runs_per_day: 10, max_tokens_per_day: 200_000 },
      hours: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00', zone: 'Europe/Berlin' },
    },
  },
  messageMyMission: { body: { text: 'In the morning, if you can' } },
  updateMission: { body: { status: 'completed', summary: 'Tuesday at ten, room 4', outcome: 'success' } },
  verifyReceipt: {
    body: { receipt: 'eyJhbGciOiJFZERTQSJ9.e30.AA', action: { type: 'pay', amount: 120, to: 'Hotel Adler' } },
    response: { approved: false, reason: 'Its signature is wrong: it was changed, or never given.' },
  },
  addMissionTask: { body: { title: 'Book a room', depends_on: [ids.answers] } },
  updateMissionTask: { body: { status: 'completed', result: { free: ['2027-01-26T10:00:00Z'] } }, response: changed },
  claimMissionTask: { body: { conversation_id: 'conv-A', minutes: 20 } },
  releaseMissionTask: { body: { conversation_id: 'conv-A' } },
  logMissionEvent: {
    body: {
      event_type: 'user_message',
      content: 'in the morning, if you can',
      conversation_id: 'conv-A',
    },
  },
  listMissionEvents: { response: history },
  resumeMission: { body: { conversation_id: 'conv-B' }, response: resumed },
  sendSignal: {
    body: { kind: 'webhook', reference: 'room-4711', id: 'booking-1', data: { room: '4.11' } },
    response: signal,
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
  withdrawInputRequest: { body: { reason: 'Sarah has moved the meeting', conversation_id: 'conv-A' } },
  withdrawMyInputRequest: { body: { reason: 'I have settled it with Sarah' } },
  respondToInputRequest: { body: { selected_option: 'yes', freeform_text: 'and bring the slides' } },
  updateMe: { body: { email: 'ada@example.com', time_zone: 'Europe/Lisbon' } },
  confirmMyAddress: { body: { code: '01234567' } },
  updateMyPreferences: {
    body: {
      channels: { stale: { mail: false } },
      quiet_hours: { from: '22:30', to: '07:00', weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'] },
      digest_hour: 8,
    },
  },
  markNotificationsTold: { body: { user_id: 'ada', ids: [`question:${ids.mission}`] } },
  addMyDevice: {
    body: {
      endpoint: 'https://push.example.com/4711',
      keys: {
        p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
        auth: 'BTBZMqHH6r4Tts7J_aSIgg',
      },
      name: 'Firefox on my telephone',
    },
  },
  createWebhook: {
    body: {
      url: 'https://billing.example/hooks',
      types: ['mission.*', 'approval.responded'],
      description: 'Billing',
    },
  },
  updateWebhook: { body: { status: 'paused' } },
  createMyApprovalRule: {
    body: {
      match: { agent_id: 'travel-agent', action_type: 'pay', max: { amount: 50 }, allowed: { to: ['Hotel Adler'] } },
      option: 'approve',
      until: '2027-01-31T00:00:00Z',
      max_uses_per_day: 5,
    },
  },
  createMyDelegation: { body: { to_user_id: 'bea', from: '2027-01-18T00:00:00Z', until: '2027-01-31T00:00:00Z' } },
  updateMyApprovalRule: { body: { enabled: false } },
  listMyInbox: { response: inbox },
  listMyMissionEmails: { response: { emails: [emailOfMission], next_cursor: null } },
  markInboxSeen: { body: { items: seen.items.map(({ id }) => id) }, response: seen },
  snoozeInboxItem: { body: { item: snoozed.id, until: snoozed.snoozed_until }, response: { items: [snoozed] } },
  sendEmail: {
    body: {
      user_id: 'ada',
      mission_id: ids.mission,
      task_id: ids.answers,
      to: [`Sarah Miller <${sarah}>`, john],
      subject,
      body: text,
      expect_reply: true,
      expires_in_hours: 48,
      conversation_id: 'conv-A',
    },
    response: email,
  },
  checkReplies: { body: { user_id: 'ada', tracking_ids: [ids.email] }, response: checked },
  getEmail: { response: emailDetail },
  sendFollowUp: { body: { body: 'Hello John, could you find a moment to answer?' }, response: reminded },
  claimRun: { body: { wait_seconds: 30, lease_seconds: 120 } },
  heartbeatRun: { body: { fence: 3 } },
  finishRun: { body: { fence: 3, status: 'succeeded' } },
};
