import { approves } from '@missions/contracts/approval/action.ts';
import type { RuleMatch } from '@missions/contracts/approval/rules.ts';
import { mayBeDecidedWithoutThem } from './decide.ts';
import type { Pending } from './state.ts';

/** What a user has decided beforehand (specification section 8 "Rules"). */
export interface Rule {
  readonly id: string;
  readonly match: RuleMatch;
  readonly option: string;
}

/**
 * Whether a rule answers the question. It is about what will be done, so that a question without an action is asked; and so
 * is one that does not offer the rule's option, whatever else matches.
 */
export const decides = ({ match, option }: Rule, question: Pending): boolean =>
  question.action != null &&
  mayBeDecidedWithoutThem(question) &&
  question.options.some(({ id }) => id === option) &&
  matches(match, question);

/** All that the match says must hold, and it must say something. */
function matches({ agent_id, action_type, max = {}, allowed = {} }: RuleMatch, { action, ...asked }: Pending): boolean {
  const [most, lists] = [Object.entries(max), Object.entries(allowed)];
  if (agent_id === undefined && action_type === undefined && most.length + lists.length === 0) return false;
  const fieldOf = (name: string): unknown => (action && Object.hasOwn(action, name) ? action[name] : undefined);
  return (
    (agent_id === undefined || agent_id === asked.agent_id) &&
    (action_type === undefined || action_type === action?.type) &&
    most.every(([name, bound]) => isAtMost(fieldOf(name), bound)) &&
    lists.every(([name, texts]) => isAmong(fieldOf(name), texts))
  );
}

/** A text that looks like a number is none: who does the action may read it otherwise. */
const isAtMost = (value: unknown, bound: number): boolean => typeof value === 'number' && value <= bound;

/** Of a list, every element. */
const isAmong = (value: unknown, texts: readonly string[]): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every((one) => isText(one, texts)) : isText(value, texts);
const isText = (value: unknown, texts: readonly string[]): boolean =>
  typeof value === 'string' && texts.includes(value);

/** Those that answer the question, in the order in which they are tried: a refusal before an approval, then the oldest. */
export function deciding<One extends Rule>(rules: readonly One[], question: Pending): One[] {
  const found = rules.filter((rule) => decides(rule, question));
  const isRefusal = ({ option }: One): boolean => !approves(question, option);
  return [...found.filter(isRefusal), ...found.filter((rule) => !isRefusal(rule))];
}
