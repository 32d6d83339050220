import type { InboxItem, InboxPage } from '../../mission/inbox.ts';
import { ids, mission } from './missions.ts';

const question: InboxItem = {
  id: `${ids.mission}:question:${ids.answers}`,
  kind: 'question',
  group: 'answer',
  mission: { id: ids.mission, title: mission.title },
  request_id: ids.answers,
  summary: 'Tuesday at ten with Sarah and John?',
  since: '2027-01-20T09:00:00.000Z',
  until: '2027-01-21T09:00:00.000Z',
  agent_id: 'planner-7',
  urgency: 'high',
};

const bounced: InboxItem = {
  id: `${ids.mission}:bounced:${ids.email}`,
  kind: 'bounced',
  group: 'look_at',
  mission: { id: ids.mission, title: mission.title },
  task_id: ids.answers,
  summary: 'Undeliverable to "john@example.com": "Q1 budget"',
  since: '2027-01-20T08:00:00.000Z',
  agent_id: 'planner-7',
};

export const inbox: InboxPage = {
  items: [question, bounced],
  counts: { answer: 1, look_at: 1, ending: 0 },
  wakes_at: null,
  next_cursor: null,
};
export const seen = { items: [{ ...question, seen_at: '2027-01-20T10:00:00.000Z' }] };
export const snoozed = { ...bounced, snoozed_until: '2027-01-22T09:00:00.000Z' };
