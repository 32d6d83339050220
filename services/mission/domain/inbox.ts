import type { urgencies } from '@missions/contracts/approval/input-request.ts';
import type { Attention } from '@missions/contracts/mission/vocabulary.ts';
import { quote } from './quote.ts';
import { type Blocker, isClosed, type Mission, openBlockers, type Task } from './state.ts';

/**
 * What of a mission waits for its user, and why the mission needs attention: one definition for `attention`, for the
 * inbox and for every count of it (specification section 5). An item exists only while somebody can act on it, so an
 * ended or deleted mission has none.
 */
export interface InboxItem {
  /** Its name within the mission: the kind, and what it is about. */
  readonly key: string;
  readonly kind: Attention;
  readonly task_id: string | null;
  readonly request_id: string | null;
  readonly summary: string;
  readonly since: string;
  readonly until: string | null;
  readonly urgency: (typeof urgencies)[number] | null;
  readonly agent_id: string | null;
  /** Whose inbox it stands in, if not in that of the mission's user, and since when. */
  readonly of?: { readonly user_id: string; readonly from: string | null } | null;
}

/** An item with what it is about: when that changes, it is news to whoever has seen it or put it off. */
interface Standing extends InboxItem {
  readonly about: readonly unknown[];
}

/** Items that a decision opened, changed or ended. */
export interface InboxChange extends InboxItem {
  readonly ended: boolean;
}

export const needsAttention = (mission: Mission): boolean => standing(mission).length > 0;
export const attentionOf = (mission: Mission): Attention[] => [...new Set(standing(mission).map(({ kind }) => kind))];
export const inboxOf = (mission: Mission): InboxItem[] => standing(mission).map(withoutAbout);

export function inboxChanges(before: Mission | null, after: Mission): InboxChange[] {
  const were = new Map((before === null ? [] : standing(before)).map((item) => [item.key, item]));
  const changes: InboxChange[] = [];
  for (const item of standing(after)) {
    const was = were.get(item.key);
    were.delete(item.key);
    if (!was || isOther(was, item)) changes.push({ ...withoutAbout(item), ended: false });
  }
  for (const over of were.values()) changes.push({ ...withoutAbout(over), ended: true });
  return changes;
}

const withoutAbout = ({ about: _, ...item }: Standing): InboxItem => item;

const isOther = (one: Standing, other: Standing): boolean =>
  one.summary !== other.summary ||
  one.since !== other.since ||
  one.until !== other.until ||
  one.about.some((value, index) => value !== other.about[index]);

function standing(mission: Mission): Standing[] {
  if (isClosed(mission) || mission.deleted_at !== null) return [];
  const items: Standing[] = [];
  for (const blocker of openBlockers(mission))
    if (blocker.kind === 'human_input') items.push(...questions(mission, blocker));
  for (const task of mission.tasks) if (task.status === 'failed') items.push(failure(mission, task));
  if (mission.paused_by === 'system')
    items.push({
      ...ofMission(mission, 'paused_by_system'),
      summary: 'Paused by the system: too many runs failed in a row',
      // No run goes on in a paused mission.
      since: mission.last_autonomous_check ?? mission.created_at,
    });
  for (const concern of mission.concerns)
    items.push({
      ...ofMission(mission, concern.kind, concern.reference),
      task_id: concern.task_id,
      request_id: concern.kind === 'unanswered' ? concern.reference : null,
      summary: concern.summary,
      since: concern.since,
      agent_id: concern.agent_id ?? mission.created_by_agent_id,
    });
  // A wait of the whole mission that was for no question, or ended under a version that kept nothing else of it.
  const { unanswered_at } = mission;
  if (
    unanswered_at !== null &&
    !mission.concerns.some(({ kind, since }) => kind !== 'bounced' && since >= unanswered_at)
  )
    items.push({
      ...ofMission(mission, 'unanswered'),
      summary: 'What the mission waited for did not come',
      since: unanswered_at,
    });
  if (mission.stale_notified_at !== null)
    items.push({
      ...ofMission(mission, 'stale'),
      summary: 'Left untouched: it ends unless you keep it',
      since: mission.stale_notified_at,
      until: mission.grace_period_ends_at,
    });
  const { budget } = mission;
  if (budget && budget.until !== null)
    items.push({
      ...ofMission(mission, 'budget'),
      summary: 'The budget of the day is spent: no agent gets a run until it renews',
      since: budget.since,
      until: budget.until,
    });
  return items;
}

const keyOf = (kind: Attention, reference?: string): string =>
  reference === undefined ? kind : `${kind}:${reference}`;

const ofMission = (mission: Mission, kind: Attention, reference?: string): Omit<Standing, 'summary' | 'since'> => ({
  key: keyOf(kind, reference),
  kind,
  task_id: null,
  request_id: null,
  until: null,
  urgency: null,
  agent_id: mission.created_by_agent_id,
  about: textsOf(mission),
});

/**
 * A question, in the inbox of everybody who has not answered it: an item of each. Its place among the people, who never
 * change, names the item of another than the mission's user.
 */
function questions(mission: Mission, blocker: Blocker): Standing[] {
  const { others = [], approved = [] } = blocker.asked ?? {};
  const item = question(mission, blocker);
  return [
    ...(approved.includes(mission.user_id) ? [] : [item]),
    ...others.flatMap((of, index) =>
      approved.includes(of.user_id)
        ? []
        : [{ ...item, key: `${item.key}:${index + 1}`, of, since: of.from ?? item.since }],
    ),
  ];
}

function question(mission: Mission, { key, task_id, reason, opened_at, timeout_at, asked }: Blocker): Standing {
  const request_id = key.slice(key.indexOf(':') + 1);
  const task = mission.tasks.find(({ id }) => id === task_id);
  return {
    ...ofMission(mission, 'question', request_id),
    task_id,
    request_id,
    summary: reason,
    since: opened_at,
    until: timeout_at,
    urgency: asked?.urgency ?? 'normal',
    agent_id: asked ? asked.agent_id : mission.created_by_agent_id,
    about: [...textsOf(mission), task?.title, task?.description],
  };
}

const failure = (mission: Mission, { id, title, description, error, attempt, ...task }: Task): Standing => ({
  ...ofMission(mission, 'task_failed', id),
  task_id: id,
  summary: `Task ${quote(title, 200)} failed${error === '' ? '' : `: ${quote(error, 200)}`}`,
  since: task.completed_at ?? task.updated_at,
  about: [...textsOf(mission), title, description, error, attempt],
});

/** What a person reads of the mission as a whole. */
const textsOf = ({ title, description, priority, due_at }: Mission): unknown[] => [
  title,
  description,
  priority,
  due_at,
];
