import { expect } from 'chai';
import { violations } from './run-check.ts';
import type { RunObservations } from './run-observations.ts';
import type { RunWrite } from './run-rounds.ts';

const [begin, end] = ['2026-06-01T12:00:00.000Z', '2026-06-01T12:00:01.000Z'];

const started = (mission_id: string, run_id: string, fence: number) =>
  entry(mission_id, 'run_started', '', { run_id, fence });
const ended = (mission_id: string, run_id: string, run_status: string) =>
  entry(mission_id, 'run_finished', '', { run_id, run_status });
const note = (mission_id: string, content: string) => entry(mission_id, 'note', content);
const entry = (mission_id: string, event_type: string, content: string, more: object = {}) => ({
  mission_id,
  event_type,
  content,
  run_id: null,
  fence: null,
  run_status: null,
  ...more,
});
const write = (
  missionId: string,
  runId: string,
  fence: number,
  text: string,
  more: Partial<RunWrite> = {},
): RunWrite => ({
  missionId,
  runId,
  fence,
  kind: 'note',
  text,
  outcome: 'accepted',
  attempts: 1,
  ...more,
});

/**
 * A run without faults: a mission whose run succeeded, one whose run failed, one whose first run was abandoned, and one
 * that was switched off for a while.
 */
const good = (): RunObservations => ({
  planned: [
    { plan: 'succeed', missionId: 'm1', taskId: 't1' },
    { plan: 'fail', missionId: 'm2', taskId: 't2' },
    { plan: 'abandon', missionId: 'm3', taskId: 't3' },
    { plan: 'switch', missionId: 'm4', taskId: 't4' },
  ],
  grants: [
    { missionId: 'm1', runId: 'r1', fence: 1, whileOff: false },
    { missionId: 'm2', runId: 'r2', fence: 1, whileOff: false },
    { missionId: 'm3', runId: 'r3', fence: 1, whileOff: false },
    { missionId: 'm3', runId: 'r4', fence: 3, whileOff: false },
    { missionId: 'm4', runId: 'r5', fence: 1, whileOff: false },
    { missionId: 'm4', runId: 'r6', fence: 3, whileOff: false },
  ],
  writes: [
    write('m1', 'r1', 1, 'one'),
    write('m1', 'r1', 1, 'succeeded', { kind: 'finish' }),
    write('m2', 'r2', 1, 'failed', { kind: 'finish' }),
    write('m3', 'r3', 1, 'two'),
    write('m3', 'r3', 1, 'late', { outcome: 'refused' }),
    write('m3', 'r4', 3, 'succeeded', { kind: 'finish' }),
    write('m4', 'r5', 1, 'switched_off', { kind: 'heartbeat', outcome: 'refused' }),
    write('m4', 'r5', 1, 'switched_off', { kind: 'mail', outcome: 'refused' }),
    write('m4', 'r6', 3, 'succeeded', { kind: 'finish' }),
  ],
  missions: [
    { id: 'm1', status: 'completed' },
    { id: 'm2', status: 'cancelled' },
    { id: 'm3', status: 'completed' },
    { id: 'm4', status: 'completed' },
  ],
  tasks: [
    { id: 't1', status: 'completed' },
    { id: 't2', status: 'skipped' },
    { id: 't3', status: 'completed' },
    { id: 't4', status: 'completed' },
  ],
  runs: [
    { id: 'r1', mission_id: 'm1', status: 'succeeded', requested_at: begin, finished_at: end },
    { id: 'r2', mission_id: 'm2', status: 'failed', requested_at: begin, finished_at: end },
    { id: 'r3', mission_id: 'm3', status: 'expired', requested_at: begin, finished_at: end },
    { id: 'r4', mission_id: 'm3', status: 'succeeded', requested_at: end, finished_at: end },
    { id: 'r5', mission_id: 'm4', status: 'expired', requested_at: begin, finished_at: end },
    { id: 'r6', mission_id: 'm4', status: 'succeeded', requested_at: end, finished_at: end },
  ],
  entries: [
    started('m1', 'r1', 1),
    note('m1', 'one'),
    ended('m1', 'r1', 'succeeded'),
    started('m2', 'r2', 1),
    ended('m2', 'r2', 'failed'),
    started('m3', 'r3', 1),
    note('m3', 'two'),
    ended('m3', 'r3', 'expired'),
    started('m3', 'r4', 3),
    ended('m3', 'r4', 'succeeded'),
    started('m4', 'r5', 1),
    ended('m4', 'r5', 'expired'),
    started('m4', 'r6', 3),
    ended('m4', 'r6', 'succeeded'),
  ],
});

describe('the check of autonomous runs after faults', () => {
  it('reports nothing if everything happened once', () => {
    expect(violations(good())).to.deep.equal([]);
  });

  const faults: [string, (it: RunObservations) => Partial<RunObservations>, RegExp][] = [
    ['a lost mission', (it) => ({ missions: it.missions.slice(1) }), /m1 .* is lost/],
    [
      'a mission that is stuck',
      (it) => ({ missions: it.missions.map((one) => ({ ...one, status: 'active' })) }),
      /m1 \(succeed\): is active/,
    ],
    [
      'a run that never ends',
      (it) => ({
        runs: it.runs.map((one) => (one.id === 'r3' ? { ...one, status: 'claimed', finished_at: null } : one)),
      }),
      /m3 .* its run r3 is claimed/,
    ],
    [
      'a mission that was run twice',
      (it) => ({ runs: [...it.runs, { ...it.runs[0], id: 'r9' } as (typeof it.runs)[number]] }),
      /m1 .* 2 of its runs succeeded/,
    ],
    [
      'a lost note',
      (it) => ({ entries: it.entries.filter((one) => one.content !== 'one') }),
      /"one" was accepted .* 0 times/,
    ],
    ['a doubled note', (it) => ({ entries: [...it.entries, note('m1', 'one')] }), /"one" was accepted .* 2 times/],
    [
      'a refused write that stands',
      (it) => ({ entries: [...it.entries, note('m3', 'late')] }),
      /"late" was refused and is there 1 times/,
    ],
    [
      'a write under a lost fence',
      (it) => ({ entries: it.entries.toSpliced(9, 0, note('m3', 'late')) }),
      /"late" was written while r4:3 held the mission/,
    ],
    [
      'a fence that does not grow',
      (it) => ({ entries: it.entries.map((one) => ({ ...one, fence: one.fence && 1 })) }),
      /m3 .* fence 1 was granted after 1/,
    ],
    [
      'a run that was given to two agents',
      (it) => ({ grants: [...it.grants, ...it.grants.slice(0, 1)] }),
      /m1 was given under fence 1 2 times/,
    ],
    [
      'a run that was given while its mission was switched off',
      (it) => ({ grants: it.grants.map((one) => ({ ...one, whileOff: one.runId === 'r6' })) }),
      /m4: run r6 was given while it was switched off/,
    ],
    ...(['heartbeat', 'mail'] as const).flatMap(
      (kind): [string, (it: RunObservations) => Partial<RunObservations>, RegExp][] => [
        [
          `a ${kind} that passed a switch`,
          (it) => ({ writes: it.writes.map((one) => (one.kind === kind ? { ...one, outcome: 'accepted' } : one)) }),
          new RegExp(`m4: the ${kind} of run r5 passed while switched off`),
        ],
        [
          `a ${kind} that a switch refused for another reason`,
          (it) => ({ writes: it.writes.map((one) => (one.kind === kind ? { ...one, text: 'paused' } : one)) }),
          new RegExp(`m4: a ${kind} was refused by a switch with paused`),
        ],
      ],
    ),
    [
      'a mission that is not offered again after its switch',
      (it) => ({ runs: it.runs.filter(({ id }) => id !== 'r6') }),
      /m4 \(switch\): 0 of its runs succeeded/,
    ],
    [
      'an end that the run does not have',
      (it) => ({ runs: it.runs.map((one) => (one.id === 'r2' ? { ...one, status: 'expired' } : one)) }),
      /r2 was told that it failed and is expired/,
    ],
    [
      'an end that stands twice in the history',
      (it) => ({ entries: [...it.entries, ended('m1', 'r1', 'succeeded')] }),
      /r1 finished 2 times/,
    ],
    [
      'a run that is offered early after a failure',
      (it) => ({ runs: [...it.runs, { ...it.runs[3], id: 'r9', mission_id: 'm2' } as (typeof it.runs)[number]] }),
      /run r9 was requested 0 ms after a failed one/,
    ],
  ];
  for (const [what, change, message] of faults) {
    it(`finds ${what}`, () => {
      const it = good();
      expect(violations({ ...it, ...change(it) }).join('\n')).to.match(message);
    });
  }
});
