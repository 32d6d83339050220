import { expect } from 'chai';
import fc from 'fast-check';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { type Command, decide } from '@missions/mission/domain/decide.ts';
import { recordDecision } from '@missions/mission/domain/events.ts';
import type { Mission } from '@missions/mission/domain/state.ts';
import { counter } from '@missions/mission/domain/testing/fixtures.ts';
import { agent as inChat, aMission, hoursFromNow, user } from '@missions/mission/domain/testing/sample.ts';
import {
  concernsSchedule,
  type MissionEventData,
  observedState,
} from '@missions/scheduler/runs/domain/event-mapping.ts';
import { observe, tombstone, type WatchedMission } from '@missions/scheduler/runs/domain/schedule.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';

/**
 * The mission service says which of its events the scheduler has to know. A scheduler that knows only those decides the
 * same as one that knows all.
 */
const unknown: WatchedMission = {
  ...tombstone({ mission_id: 'mission' } as WatchedMission),
  version: 0,
  next_reason: 'created',
  erased: false,
  idle: 0,
  failures: 0,
  attempt: 1,
};

/** Writes on nobody's behalf: what is written in a conversation is engagement, and moves the end of the mission's life. */
const agent = { ...inChat, conversation_id: '' };

const hear = (watched: WatchedMission, events: readonly EventEnvelope[], at: string): WatchedMission =>
  events.reduce((before, event) => {
    const decision = observe(before, observedState(event, event.data as unknown as MissionEventData), at);
    return decision.kind === 'moved' ? decision.next : before;
  }, watched);

/** What the scheduler does about a mission. */
const decided = ({ runnable, next_run_at, next_reason, life_deadline_at, priority, ...other }: WatchedMission) => ({
  runnable,
  next_run_at,
  life_deadline_at,
  ...(runnable && { next_reason, priority, idle: other.idle, woken: other.woken_version > other.seen_version }),
});

const task = fc.constantFrom('a', 'b', 'c');
const status = fc.constantFrom('in_progress', 'completed', 'failed', 'ready', 'skipped') as fc.Arbitrary<'ready'>;
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ type: fc.constant('PatchTask' as const), task_id: task, patch: fc.record({ status }) }),
  fc.record({
    type: fc.constant('PatchTask' as const),
    task_id: task,
    patch: fc.record({ blocked_by: fc.constantFrom('', 'webhook:x') }),
  }),
  fc.record({
    type: fc.constant('PatchMission' as const),
    patch: fc.oneof(
      fc.record({ can_run_autonomously: fc.boolean() }),
      fc.record({ max_lifetime_hours: fc.constantFrom(24, 48) }),
      fc.record({ priority: fc.constantFrom('low' as const, 'urgent' as const) }),
      fc.record({ status: fc.constantFrom('paused' as const, 'active' as const, 'cancelled' as const) }),
      fc.record({ blocked_by: fc.constantFrom('', 'webhook:y') }),
    ),
  }),
  fc.constant<Command>({ type: 'LogEvent', event: { event_type: 'user_message', content: 'hello' } }),
  fc.constant<Command>({ type: 'Resume' }),
);
const steps = fc.array(fc.record({ command: commands, by: fc.constantFrom(agent, agent, inChat, user) }), {
  maxLength: 25,
});

describe('events that do not concern the schedule', () => {
  const play = (first: Mission, all: readonly { command: Command; by: typeof agent }[]) => {
    let mission = first;
    let [knowsAll, knowsSome] = [unknown, unknown];
    const events: EventEnvelope[] = [];
    const newId = counter('event');
    const told = (recorded: readonly EventEnvelope[], at: string) => {
      const ofMission = recorded.filter(({ type }) => type.startsWith('mission.'));
      events.push(...ofMission);
      knowsAll = hear(knowsAll, ofMission, at);
      knowsSome = hear(knowsSome, ofMission.filter(concernsSchedule), at);
      expect(decided(knowsSome)).to.deep.equal(decided(knowsAll));
    };
    const created = { kind: 'created', title: '', content: '', task_id: null, metadata: {} } as const;
    told(
      recordDecision(null, { next: mission, changes: [created] }, { at: hoursFromNow(0), actor: agent, newId }).events,
      hoursFromNow(0),
    );
    mission = { ...mission, version: mission.version + 1 };
    for (const [n, { command, by }] of all.entries()) {
      const context = { at: hoursFromNow(n / 10), actor: by, newId };
      const decision = decide(mission, command, context);
      if (decision.kind !== 'moved') continue;
      const recorded = recordDecision(mission, decision, context);
      ({ mission } = recorded);
      told(recorded.events, context.at);
    }
    return events;
  };
  const sample = (can_run_autonomously: boolean) =>
    aMission({ can_run_autonomously, tasks: { a: 'ready', b: { status: 'pending', depends_on: ['a'] }, c: 'ready' } });

  it('change nothing that the scheduler decides, whatever happens to a mission', () =>
    fc.assert(
      fc.property(fc.boolean(), steps, (autonomous, all) => void play(sample(autonomous), all)),
      { numRuns: repetitions(300, 5_000) },
    ));

  it('are all events of a mission that may not run by itself, but those that move the end of its life', () => {
    const patch = (members: object, by = agent) => ({
      command: { type: 'PatchMission', patch: members } as Command,
      by,
    });
    const move = (to: string) => ({
      command: { type: 'PatchTask', task_id: 'a', patch: { status: to } } as Command,
      by: agent,
    });
    const events = play(sample(false), [
      move('in_progress'),
      move('completed'),
      patch({ title: 'Other' }),
      patch({ priority: 'urgent' }, user),
      patch({ max_lifetime_hours: 24 }),
    ]);
    const concerning = events.filter(concernsSchedule).map(({ version, index }) => [version, index]);
    const first = events[0]?.version ?? 0;
    expect(events.length).to.be.above(6);
    expect(concerning).to.deep.equal([first, first + 4, first + 5].map((version) => [version, 0]));
  });

  it('are none of a mission that may, or that may no longer', () => {
    const allow = (can_run_autonomously: boolean) => ({
      command: { type: 'PatchMission', patch: { can_run_autonomously } } as Command,
      by: user,
    });
    const note = { command: { type: 'LogEvent', event: { event_type: 'note' } } as Command, by: agent };
    const events = play(sample(false), [note, allow(true), note, allow(false), note]);
    expect(events.map(concernsSchedule)).to.deep.equal([true, false, true, true, true, false]);
  });
});
