import type { ErrorCode } from '@missions/contracts/errors.ts';
import { create, type Owner } from '../create.ts';
import { type Command, decide } from '../decide.ts';
import type { Actor, MissionChange, Decision, Refusal } from '../decision.ts';
import type { Mission, Task } from '../state.ts';
import { invariantViolations } from './invariants.ts';
import { agent, NOW } from './sample.ts';

/**
 * `given(mission).when(command).thenMoved()`: the words of the specs. Whatever comes out, three things are seen to
 * hold: the given state was not touched (it is frozen), it was a legal one, and so is the next.
 */
export function given(mission: Mission): { when(command: Command, actor?: Actor): Expectations } {
  const wrong = invariantViolations(mission);
  if (wrong.length > 0) throw new Error(`The given mission could not be: ${wrong.join('; ')}`);
  return {
    when: (command, actor = agent) =>
      expectationsOf(decide(frozen(mission), command, { at: NOW, actor, newId: counter() })),
  };
}

export const nothing = {
  whenCreating: (input: Parameters<typeof create>[1], actor: Actor = agent): Expectations =>
    expectationsOf(create(owner, input, { at: NOW, actor, newId: counter() })),
};

const owner: Owner = { customer_id: 'acme', user_id: 'ada' };

export interface MovedMission {
  readonly next: Mission;
  readonly changes: readonly MissionChange[];
  /** The kinds of the changes, in order. */
  readonly changeKinds: readonly string[];
  /** By title, which is the id in samples. */
  task(title: string): Task;
  /** Every status the history says the task left or entered, in order: `['ready', 'in_progress', …]`. */
  path(title: string): readonly string[];
}

export interface Expectations {
  thenMoved(): MovedMission;
  thenRefused(code: ErrorCode): Refusal;
  thenIgnored(): string;
}

function expectationsOf(decision: Decision): Expectations {
  const unexpected = (wanted: string) =>
    new Error(`${wanted} was expected, but the command was ${decision.kind}: ${describeDecision(decision)}`);
  return {
    thenMoved() {
      if (decision.kind !== 'moved') throw unexpected('A move');
      const wrong = invariantViolations(decision.next);
      if (wrong.length > 0) throw new Error(`The next state is not legal: ${wrong.join('; ')}`);
      return movedOf(decision.next, decision.changes);
    },
    thenRefused(code) {
      if (decision.kind !== 'refused' || decision.code !== code) throw unexpected(`A refusal with ${code}`);
      return decision;
    },
    thenIgnored() {
      if (decision.kind !== 'ignored') throw unexpected('No move');
      return decision.reason;
    },
  };
}

function movedOf(next: Mission, changes: readonly MissionChange[]): MovedMission {
  const task = (title: string): Task => {
    const found = next.tasks.find((one) => one.title === title);
    if (!found) throw new Error(`There is no task "${title}".`);
    return found;
  };
  const steps = (title: string) =>
    changes.flatMap((change) => {
      const step = change.metadata['task_status'] as { from: string; to: string } | undefined;
      return step && change.task_id === task(title).id ? [step] : [];
    });
  return {
    next,
    changes,
    changeKinds: changes.map((change) => change.kind),
    task,
    path: (title) => steps(title).flatMap((step, index) => (index === 0 ? [step.from, step.to] : [step.to])),
  };
}

function describeDecision(decision: Decision): string {
  if (decision.kind === 'refused') return `${decision.code} ${decision.detail}`;
  return decision.kind === 'ignored' ? decision.reason : decision.changes.map((change) => change.kind).join(', ');
}

/** Writing to the state would throw: modules are strict. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

/** Ids that ascend, as UUIDv7 do. */
export function counter(prefix = 'new'): () => string {
  let last = 0;
  return () => `${prefix}-${String((last += 1)).padStart(4, '0')}`;
}
