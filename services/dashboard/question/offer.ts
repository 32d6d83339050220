import type { UserClient, UserResponseTo } from '@missions/client/user-client.ts';
import type { Question } from './outcome.ts';

type Decision = UserResponseTo<'listMyDecisions'>['items'][number];
export type NewRule = Parameters<UserClient['createMyApprovalRule']>[0];
type Match = NewRule['match'];

/** One thing that must hold, which the user may leave out. */
export interface Condition {
  readonly words: string;
  readonly match: Match;
}

export interface Offer {
  readonly option: string;
  readonly conditions: readonly Condition[];
}

/** So many like answers in a row suggest a rule (specification section 8 "Rules"). */
export const LIKE = 5;

/**
 * The rule that the user's latest answers suggest: the same option for the same kind of action, within what they have
 * approved so far. Undefined if no rule could answer such a question, or the answers differ.
 * @param latest the user's decisions, newest first
 */
export function offerOf(question: Question, latest: readonly Decision[]): Offer | undefined {
  const { status, response, action, irreversible, quorum = 1, agent_id } = question;
  if (status !== 'responded' || !response?.effective_action || !action || irreversible || quorum > 1) return undefined;
  if (question.context !== null && Object.hasOwn(Object(question.context), 'proposes')) return undefined;
  const option = response.selected_option;
  const like = latest.slice(0, LIKE);
  const isLike = ({ via, answer, effective_action }: Decision): boolean =>
    !via.startsWith('rule:') && answer.selected_option === option && effective_action?.type === action.type;
  if (option === null || like.length < LIKE || !like.every(isLike)) return undefined;
  const approved = like.flatMap(({ effective_action }) => effective_action ?? []);
  const of = agent_id ? [{ words: `${agent_id} asks`, match: { agent_id } }] : [];
  const about = { words: `it is about “${action.type}”`, match: { action_type: action.type } };
  const fields = Object.keys(action).filter((name) => name !== 'type');
  return { option, conditions: [...of, about, ...fields.flatMap((name) => conditionOn(name, approved))] };
}

function conditionOn(name: string, approved: readonly Readonly<Record<string, unknown>>[]): Condition[] {
  const values = approved.map((action) => action[name]);
  if (values.every((value) => typeof value === 'number')) {
    const most = Math.max(...values);
    return [{ words: `${name} is at most ${most}`, match: { max: { [name]: most } } }];
  }
  if (!values.every((value) => typeof value === 'string' && value.length <= 1000)) return [];
  const texts = [...new Set(values as string[])];
  return [{ words: `${name} is ${texts.join(' or ')}`, match: { allowed: { [name]: texts } } }];
}

/** The rule of the conditions that the user has kept. */
export function ruleOf(option: string, kept: readonly Condition[]): NewRule {
  const match: Match = {};
  for (const { match: one } of kept) {
    const { max, allowed, ...others } = one;
    Object.assign(match, others);
    if (max) match.max = { ...match.max, ...max };
    if (allowed) match.allowed = { ...match.allowed, ...allowed };
  }
  return { match, option };
}
