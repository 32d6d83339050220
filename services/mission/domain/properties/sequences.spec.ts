import { expect } from 'chai';
import fc from 'fast-check';
import { decide } from '../decide.ts';
import { type Mission, openBlockers } from '../state.ts';
import { invariantViolations } from '../testing/invariants.ts';
import { counter, frozen } from '../testing/fixtures.ts';
import { type Model, phaseOf, type ModelCommand, statusOf } from '../testing/model.ts';
import { interpret } from '../testing/interpreter.ts';
import { commandOf } from '../testing/commands.ts';
import { aMission, agent, NOW, system, user } from '../testing/sample.ts';
import { traceOfMission, traceOfModel, historyGaps } from '../testing/trace.ts';

/** Titles are drawn from more names than there are tasks, so that some modelCommands name a stranger. */
const names = ['ask', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const name = fc.constantFrom(...names);
const by = fc.constantFrom('agent' as const, 'agent' as const, 'user' as const, 'system' as const);
const status = fc.constantFrom(
  'pending',
  'ready',
  'in_progress',
  'waiting_human',
  'waiting_external',
  'blocked',
  'completed',
  'failed',
  'skipped',
);
const key = fc.constantFrom('webhook:x', 'email_reply:y', 'mission:z', 'manual:later');
const waitsFor = fc.record({
  key: fc.constantFrom('webhook:x', 'email_reply:y', 'mission:z'),
  completes: fc.boolean(),
  any: fc.boolean(),
  fails: fc.boolean(),
});

const modelCommands = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('status'), task: name, to: status, by }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('status'),
      task: name,
      to: fc.constantFrom('in_progress', 'completed', 'failed', 'ready'),
      by,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), task: name, key, by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), task: name, key, to: status, by }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('free'), task: name, by }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('free'),
      task: name,
      to: fc.constantFrom('pending', 'ready', 'in_progress', 'completed', 'failed', 'skipped'),
      by,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('depend'), task: name, after: fc.array(name, { maxLength: 3 }), by }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('add'),
      tasks: fc.uniqueArray(
        fc.record({ title: name, after: fc.array(name, { maxLength: 2 }), waitsFor: fc.option(waitsFor, { freq: 3 }) }),
        { minLength: 1, maxLength: 4, selector: (task) => task.title },
      ),
      by,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('mission'),
      step: fc.constantFrom('execute', 'replan', 'pause', 'unpause'),
      by,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('mission'),
      step: fc.constantFrom('complete', 'fail', 'fail', 'cancel'),
      by,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('waitAll'), key, by }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('freeAll'), by }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('signal'),
      wait: fc.nat(3),
      final: fc.boolean(),
      by: fc.constant('system'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('ask'),
      task: fc.option(name, { freq: 4 }),
      question: fc.constantFrom('q1', 'q2', 'q3'),
      fails: fc.boolean(),
      by,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('mail'),
      task: fc.option(name, { freq: 4 }),
      mail: fc.constantFrom('m1', 'm2', 'y'),
      any: fc.boolean(),
      fails: fc.boolean(),
      by,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unreachable'), wait: fc.nat(3), by: fc.constant('system') }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('answer', 'timeOut'), wait: fc.nat(3), by: fc.constant('system') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('received'), task: name, by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retryAll'), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename'), title: fc.constantFrom('one', 'two'), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('resume', 'log'), by }) },
) as fc.Arbitrary<ModelCommand>;

/** Empty, or with a question that stands open. */
const start = fc.boolean().map((asked): { mission: Mission; model: Model } => {
  const mission = aMission({ title: 'start', ...(asked && { tasks: { ask: 'waiting_human' } }) });
  const model: Model = {
    title: 'start',
    base: asked ? 'executing' : 'planning',
    end: null,
    cancelled: null,
    paused: null,
    outcome: null,
    fence: 0,
    tasks: [],
    waits: [],
    logEntries: 0,
  };
  if (asked) {
    model.tasks.push({ title: 'ask', status: 'waiting_human', after: [], attempt: 1, waitsFor: null });
    model.waits.push({ task: 'ask', key: 'human_input:ask', completes: false, any: false, fails: true });
  }
  return { mission, model };
});

const actors = { agent, user, system };

/**
 * Plays what can be played as it stands: tasks have one title each, and names of strangers are refused before anything
 * else.
 */
function isFair(model: Model, what: ModelCommand): boolean {
  const known = new Set(model.tasks.map((task) => task.title));
  if (what.do === 'add') {
    const after = new Set([...known, ...what.tasks.map((task) => task.title)]);
    return what.tasks.every((task) => !known.has(task.title) && task.after.every((one) => after.has(one)));
  }
  // The gateway gives every question an id of its own.
  if (what.do === 'ask')
    return (
      (what.task === null || known.has(what.task)) &&
      !model.waits.some((wait) => wait.key === `human_input:${what.question}`)
    );
  // So does the mission service every mail; but tasks may wait for the replies to one by its key, before and after it.
  if (what.do === 'mail')
    return (
      (what.task === null || known.has(what.task)) &&
      !model.waits.some((wait) => wait.key === `email_reply:${what.mail}`)
    );
  return (
    !('task' in what) || (known.has(what.task) && (what.do !== 'depend' || what.after.every((one) => known.has(one))))
  );
}

describe('any sequence of commands', () => {
  it('has the effects and events of a simple model of the specification', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(start, fc.array(modelCommands, { minLength: 1, maxLength: 40, size: 'max' }), (from, sequence) => {
        let mission = from.mission;
        const model = structuredClone(from.model);
        const newId = counter('id');
        for (const [index, what] of sequence.entries()) {
          const command = isFair(model, what) ? commandOf(what, mission) : null;
          if (command === null) continue;
          const at = new Date(new Date(NOW).getTime() + index * 60_000).toISOString();
          const verdict = interpret(model, what);
          const decision = decide(frozen(mission), command, { at, actor: actors[what.by], newId });
          const said = decision.kind === 'refused' ? decision.code : decision.kind;
          const told = `${what.do} ${'to' in what ? what.to : 'step' in what ? what.step : ''}: ${said}`;
          seen.set(told, (seen.get(told) ?? 0) + 1);
          expect(said, `${JSON.stringify(what)} after ${JSON.stringify(sequence.slice(0, index))}`).to.equal(verdict);
          if (decision.kind === 'refused' && said === 'INVALID_TRANSITION')
            expect(decision.members).to.include.keys('from', 'to', 'allowed');
          if (decision.kind !== 'moved') continue;
          const { next, changes } = decision;
          expect(traceOfMission(next)).to.deep.equal(traceOfModel(model, phaseOf(model), statusOf(model)));
          expect(invariantViolations(next)).to.deep.equal([]);
          expect(historyGaps(mission, next, changes)).to.deep.equal([]);
          if (what.by === 'user') expect(next.last_user_engagement_at).to.equal(at);
          // As the store keeps it: numbered, and without the waits that are over.
          mission = {
            ...next,
            blockers: openBlockers(next),
            version: next.version + 1,
            last_sequence: next.last_sequence + changes.length,
            updated_at: at,
          };
        }
      }),
      { numRuns: 5000 },
    );
    // What never happens is not tested: each kind of play was seen to move something and to be refused.
    for (const wanted of [
      'status in_progress: moved',
      'status ready: moved',
      'status ready: INVALID_TRANSITION',
      'wait : moved',
      'wait : INVALID_TRANSITION',
      'free : moved',
      'depend : moved',
      'depend : CIRCULAR_DEPENDENCY',
      'add : moved',
      'add : CIRCULAR_DEPENDENCY',
      'add : MISSION_CLOSED',
      'mission replan: moved',
      'mission execute: INVALID_TRANSITION',
      'mission unpause: moved',
      'mission cancel: moved',
      'signal : moved',
      'signal : ignored',
      'waitAll : moved',
      'freeAll : moved',
      'resume : ignored',
      'ask : moved',
      'ask : INVALID_TRANSITION',
      'answer : moved',
      'timeOut : moved',
      'mail : moved',
      'mail : INVALID_TRANSITION',
      'mail : MISSION_CLOSED',
      'unreachable : moved',
      'received : moved',
      'received : INVALID_TRANSITION',
      'retryAll : moved',
    ]) {
      expect([...seen.keys()]).to.include(wanted);
    }
  });
});
