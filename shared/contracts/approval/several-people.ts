import { type Static, Type } from 'typebox';
import type { FieldError } from '../errors.ts';
import { Identifier, JsonObject, Time } from '../fields.ts';
import { type Action, approves } from './action.ts';

/** Questions that concern more people than the user of the mission (specification section 3.5). */
export const MAX_ASSIGNEES = 15;

/** One of the approvals of a question that several people must approve. */
export const Approval = Type.Object({
  user_id: Identifier,
  on_behalf_of: Type.Optional({ ...Identifier, description: 'who has delegated to them, and whose approval it is' }),
  selected_option: Type.String(),
  via: Type.String({ description: 'as of a response' }),
  responded_at: Time,
  note: Type.Optional(Type.String()),
  edits: Type.Optional(JsonObject),
});
export type Approval = Static<typeof Approval>;

interface Asked {
  readonly options?: readonly { readonly id: string }[];
  readonly action?: Action | null;
  readonly assignees?: readonly string[];
  readonly quorum?: number;
  readonly escalate_to?: string | null;
  readonly proposes?: unknown;
}

/** What is wrong with whom a question asks; `owner` is the user of its mission. */
export function peopleFaults(asked: Asked, owner: string): FieldError[] {
  const { options = [], action = null, assignees = [], quorum = 1, escalate_to = null, proposes } = asked;
  const faults: FieldError[] = [];
  assignees.forEach((user, index) => {
    const path = `/assignees/${index}`;
    if (user === owner) faults.push({ path, message: 'leave it out: the user of the mission is asked anyway' });
    else if (assignees.indexOf(user) !== index) faults.push({ path, message: 'is named twice; name each user once' });
  });
  if (escalate_to !== null && (escalate_to === owner || assignees.includes(escalate_to)))
    faults.push({ path: '/escalate_to', message: 'name a user who is not asked from the beginning, or leave it out' });
  const people = 1 + assignees.length;
  if (quorum > people)
    faults.push({
      path: '/quorum',
      message:
        `is ${quorum}, but only ${people} can approve: the user of the mission and ${assignees.length} ` +
        'assignees. Name more assignees, or lower it',
    });
  if (quorum > 1 && !options.some(({ id }) => approves({ action, options }, id)))
    faults.push({
      path: '/options',
      message: 'give an option that approves, such as approve: a quorum counts those who chose it',
    });
  if (proposes && (assignees.length > 0 || escalate_to !== null))
    faults.push({
      path: assignees.length > 0 ? '/assignees' : '/escalate_to',
      message: 'leave it out: only the user of a mission gives its agents more power',
    });
  return faults;
}

const HOUR = 3_600_000;

/**
 * When `escalate_to` is told: half of the time between the reminder, which comes when a quarter of the time is left
 * unless the asker says otherwise, and the end.
 */
export function escalationOf(asked: string, ends: string, reminder: string | null): string {
  const [from, until] = [Date.parse(asked), Date.parse(ends)];
  const quarterLeft = from + 0.75 * (until - from);
  const usual = reminder === null ? Math.max(quarterLeft, from + HOUR) : Date.parse(reminder);
  const reminded = usual < until ? usual : quarterLeft;
  return new Date(Math.floor(reminded + (until - reminded) / 2)).toISOString();
}
