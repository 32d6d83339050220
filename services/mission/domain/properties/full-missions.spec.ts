import { expect } from 'chai';
import fc from 'fast-check';
import type { Response } from '@missions/contracts/approval/input-request.ts';
import { type Command, decide } from '../decide.ts';
import type { Actor } from '../decision.ts';
import { bytesOf, MAX_CALLERS_BYTES, refuseAddition } from '../size.ts';
import { type Mission, openBlockers } from '../state.ts';
import { counter } from '../testing/fixtures.ts';
import { aMission, agent, aWait, NOW, system, user } from '../testing/sample.ts';

/** The largest message of NATS is 8 MB, of which the newest entries of the history take 3. */
const MOST = 5_000_000;
const RUNS = 200;
const newId = counter('id');

/** What `saveDecision` does with a decision of a caller, or of the system, without a database. */
function play(mission: Mission, command: Command, actor: Actor): { said: string; next: Mission } {
  const decision = decide(mission, command, { at: NOW, actor, newId });
  if (decision.kind !== 'moved')
    return { said: decision.kind === 'refused' ? decision.code : decision.kind, next: mission };
  const refusal = actor === system ? undefined : refuseAddition(mission, decision.next);
  if (refusal) return { said: refusal.detail, next: mission };
  return { said: 'moved', next: { ...decision.next, blockers: openBlockers(decision.next) } };
}

const large = 'é'.repeat(90_000);
const patch = (task_id: string, fields: object): Command => ({ type: 'PatchTask', task_id, patch: fields });
const patchAll = (fields: object): Command => ({ type: 'PatchMission', patch: fields });

const adding: Record<string, (round: number) => Command> = {
  'new tasks': () => ({ type: 'AddTasks', tasks: [{ title: 'more', description: large }] }),
  'new tasks that wait': (round) => ({
    type: 'AddTasks',
    tasks: Array.from({ length: 100 }, (_, index) => ({
      title: 'é'.repeat(500),
      description: 'é'.repeat(500),
      wait_for: { kind: 'webhook', reference: `${round}-${index}`, reason: 'é'.repeat(500) },
    })),
  }),
  results: (round) => patch('begun', { result: { [`part ${round}`]: large } }),
  errors: (round) => patch(`left ${round % 30}`, { error: large }),
  'descriptions of tasks': (round) => patch(`left ${round % 30}`, { description: large }),
  'the metadata of the mission': (round) =>
    patchAll({ metadata: Object.fromEntries(Array.from({ length: round + 1 }, (_, n) => [n, large])) }),
};

/** Open in every way: with tasks in every status, and a wait of every kind. */
const started = () =>
  aMission({
    can_run_autonomously: true,
    tasks: {
      begun: 'in_progress',
      asked: 'waiting_human',
      mailed: 'waiting_external',
      blocked: 'blocked',
      failed: { status: 'failed', error: 'timeout' },
      hook: { status: 'pending', depends_on: ['begun'], wait_for: aWait({ kind: 'webhook', reason: 'é'.repeat(500) }) },
      ...Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`left ${index}`, 'ready' as const])),
    },
    waits: ['webhook:all', 'human_input:all'],
  });

function full(add: (round: number) => Command): Mission {
  let mission = started();
  for (let round = 0; round < 200; round += 1) {
    const { said, next } = play(mission, add(round), agent);
    if (said !== 'moved') {
      expect(said).to.contain(`may have ${MAX_CALLERS_BYTES} bytes`);
      return mission;
    }
    mission = next;
  }
  throw new Error('the mission was never full');
}

const words = (text: string): Response => ({
  selected_option: null,
  freeform_text: text,
  responded_by: 'ada',
  via: 'api',
});
const answered = (request_id: string, text: string): [Command, Actor] => [
  { type: 'ReceiveResponse', request_id, response: words(text) },
  { ...system, kind: 'user' },
];
const signalled = (mission: Mission, key: string): [Command, Actor] => [
  {
    type: 'ReceiveSignal',
    blocker_id: openBlockers(mission).find((open) => open.key === key)?.id ?? '',
    signal: { id: 's', data: { text: large }, final: true, received_at: NOW },
  },
  system,
];

const untilEnded: Record<string, (mission: Mission) => [Command, Actor]> = {
  'a pause': () => [patchAll({ status: 'paused' }), user],
  'an agent’s pause': () => [patchAll({ status: 'paused' }), agent],
  'the end of a pause': () => [patchAll({ status: 'active' }), user],
  'the start of a run': () => [
    { type: 'GrantRun', grant: { run_id: 'r', agent_id: 'a', attempt: 1, reason: 'due' } },
    system,
  ],
  'a run that failed too often': (mission) => [
    {
      type: 'SettleRun',
      settlement: { run_id: 'r', fence: mission.run_fence ?? 0, status: 'failed', error: large, pause: true },
    },
    system,
  ],
  'a step': () => [patch('left 0', { status: 'in_progress' }), agent],
  'the completion of a task': () => [patch('begun', { status: 'completed' }), agent],
  'a failed task': () => [patch('left 0', { status: 'failed', error: 'no room' }), agent],
  'a skipped task': () => [patch('mailed', { status: 'skipped' }), user],
  'a retry': () => [{ type: 'RetryFailed' }, user],
  'a new plan': () => [patchAll({ phase: 'planning' }), agent],
  'the end of waits by hand': () => [patch('blocked', { blocked_by: '' }), agent],
  'a received mark': () => [{ type: 'MarkReceived', task_id: 'mailed' }, user],
  'a response': () => answered('asked', 'é'.repeat(500_000)),
  'a response about the mission': () => answered('all', 'é'.repeat(500_000)),
  'an expired question': () => [{ type: 'ExpireInputRequest', request_id: 'asked' }, system],
  'a signal': (mission) => signalled(mission, 'webhook:all'),
  'a reply’s signal': (mission) => signalled(mission, 'email_reply:mailed'),
  'a user’s message': () => [{ type: 'LogEvent', event: { event_type: 'user_message', content: large } }, user],
  'another conversation': () => [{ type: 'Resume' }, agent],
  'a deadline': (mission) => {
    const open = openBlockers(mission).find(({ timeout_at }) => timeout_at !== null);
    return [{ type: 'ReachDeadline', blocker_id: open?.id ?? '', deadline: open?.timeout_at ?? '' }, system];
  },
};
const ends: Record<string, [Command, Actor]> = {
  'a cancelled mission': [patchAll({ status: 'cancelled' }), user],
  'a completed mission': [patchAll({ status: 'completed', summary: 'as far as it went' }), agent],
  'a failed mission': [patchAll({ status: 'failed' }), agent],
};

describe('a mission that callers have filled', function () {
  this.timeout(240_000);

  for (const [what, add] of Object.entries(adding))
    it(`with ${what} hears and does everything but to take more, in any order`, () => {
      const filled = full(add);
      const done = new Set<string>();
      fc.assert(
        fc.property(
          fc.shuffledSubarray(Object.keys(untilEnded), { minLength: 3, maxLength: 8 }),
          fc.constantFrom(...Object.keys(ends)),
          (order, end) => {
            let mission = filled;
            for (const step of [...order, end]) {
              const [command, actor] = untilEnded[step]?.(mission) ?? (ends[end] as [Command, Actor]);
              const { said, next } = play(mission, command, actor);
              expect(said, `${step} of ${order.join(', ')}`).not.to.contain('bytes');
              if (said === 'moved') done.add(step);
              mission = next;
            }
            expect(bytesOf(mission)).to.be.below(MOST);
            expect(mission.outcome).not.to.equal(null);
          },
        ),
        { numRuns: Math.ceil(RUNS / Object.keys(adding).length) },
      );
      const always = ['a pause', 'a response', 'a response about the mission', 'a signal', 'a reply’s signal'];
      expect([...done]).to.include.members([...always, ...Object.keys(ends)]);
    });
});
