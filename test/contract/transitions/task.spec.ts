import { expect } from 'chai';
import type { Command } from '@missions/mission/domain/decide.ts';
import { given } from '@missions/mission/domain/testing/fixtures.ts';
import { aMission, type MissionSample } from '@missions/mission/domain/testing/sample.ts';
import { taskBody } from './bodies.ts';
import { askable, bySystem, pairs, rows, type Status, statuses } from './task-table.ts';

/**
 * A mission whose task `t` has the given status and depends on `before`, which is incomplete if the status requires it.
 */
function standing(status: Status, more: MissionSample = {}) {
  const { tasks, ...fields } = more;
  return aMission({
    tasks: {
      before: status === 'pending' ? 'ready' : 'completed',
      t: { status, depends_on: ['before'] },
      after: { status: ['completed', 'skipped'].includes(status) ? 'ready' : 'pending', depends_on: ['t'] },
      ...tasks,
    },
    ...fields,
  });
}

const asking = (to: Status): Command => ({ type: 'PatchTask', task_id: 't', patch: taskBody(to) });

describe('the transition table of tasks', () => {
  it('is complete: every status is left by some step or is an end, and no step is listed twice', () => {
    const listed = rows.flatMap((row) => row.from.flatMap((from) => row.to.map((to) => `${from} → ${to}`)));
    expect(new Set(listed).size).to.equal(listed.length);
    expect(statuses.filter((from) => !rows.some((row) => row.from.includes(from)))).to.deep.equal([
      'completed',
      'skipped',
    ]);
  });

  describe('a status that a PATCH names', () => {
    for (const { from, to } of pairs) {
      if (from === to) {
        it(`${from} → ${to} is no step`, () => {
          given(standing(from))
            .when({ type: 'PatchTask', task_id: 't', patch: { status: to } })
            .thenIgnored();
        });
      } else if (askable(from).includes(to)) {
        it(`${from} → ${to} is taken`, () => {
          const { task, path } = given(standing(from)).when(asking(to)).thenMoved();
          expect(task('t').status).to.equal(to);
          const through = from === 'ready' && !['in_progress', 'skipped'].includes(to) ? ['in_progress'] : [];
          expect(path('t')).to.deep.equal([from, ...through, to]);
        });
      } else {
        it(`${from} → ${to} is refused`, () => {
          const { members, detail } = given(standing(from)).when(asking(to)).thenRefused('INVALID_TRANSITION');
          expect(members).to.include({ from, to });
          expect(members['allowed']).to.have.members(askable(from));
          for (const word of [from, to, ...askable(from)]) expect(detail).to.include(word);
        });
      }
    }
  });

  describe('a step that the system takes', () => {
    const replan: Command = { type: 'PatchMission', patch: { phase: 'planning' } };
    const causes: Record<string, Command> = {
      'pending → ready': { type: 'PatchTask', task_id: 'before', patch: { status: 'completed' } },
      'ready → pending': { type: 'PatchTask', task_id: 't', patch: { depends_on: ['other'] } },
      'in_progress → ready': replan,
      'waiting_human → ready': replan,
      'waiting_external → ready': replan,
      'blocked → ready': replan,
      'in_progress → waiting_human': {
        type: 'RequestInput',
        request_id: 'q',
        request: { prompt: 'Which day?', task_id: 't' },
      },
      // The id of the sample's input request is the task's name.
      'waiting_human → in_progress': {
        type: 'ReceiveResponse',
        request_id: 't',
        response: { selected_option: null, freeform_text: 'Tuesday', responded_by: 'ada', via: 'api' },
      },
    };

    it('each row has a cause', () => {
      expect(Object.keys(causes)).to.have.members(bySystem.map(({ from, to }) => `${from} → ${to}`));
    });

    for (const { from, to, when } of bySystem) {
      const command = causes[`${from} → ${to}`];
      if (!command) continue;
      it(`${from} → ${to}: ${when}`, () => {
        const { task, path } = given(standing(from, { tasks: { other: 'ready' } }))
          .when(command)
          .thenMoved();
        expect(task('t').status).to.equal(to);
        expect(path('t')).to.deep.equal([from, to]);
      });
    }

    for (const from of ['waiting_human', 'waiting_external', 'blocked'] as const) {
      it(`${from} → ${from}: the status stays when a further blocker opens or one of several ends`, () => {
        const { next, task } = given(standing(from))
          .when({ type: 'PatchTask', task_id: 't', patch: { blocked_by: 'webhook:further' } })
          .thenMoved();
        expect(task('t').status).to.equal(from);
        const [first, further] = next.blockers;
        const signal = { id: 's', data: {}, final: true, received_at: next.created_at };
        const after = given(next)
          .when({ type: 'ReceiveSignal', blocker_id: further?.id ?? '', signal })
          .thenMoved();
        expect(after.task('t').status).to.equal(from);
        expect(after.task('t').blocked_by).to.equal(first?.key);
      });
    }
  });

  describe('a task for which an e-mail is sent', () => {
    const MAIL = '018f0000-0000-7000-8000-000000000001';
    const send: Command = {
      type: 'RequestEmail',
      tracking_id: MAIL,
      email: { to: ['sarah@example.com'], subject: '', body: '', expect_reply: true, task_id: 't' },
    };
    const unreachable = {
      task_id: 't',
      subject: '',
      recipient: 'sarah@example.com',
      reason: '',
      nobody_left: true,
      pending_from: [],
      received_from: [],
      bounced: ['sarah@example.com'],
    };

    for (const from of statuses) {
      const waits = from === 'waiting_human' || from === 'waiting_external' || from === 'blocked';
      const may = waits || from === 'ready' || from === 'in_progress';
      it(`${from}: the task ${waits ? 'waits for its replies too' : may ? 'waits for its replies' : 'cannot wait for any'}`, () => {
        const when = given(standing(from, { tasks: { other: 'ready' } })).when(send);
        if (!may) return void expect(when.thenRefused('INVALID_TRANSITION').members).to.include({ from });
        expect(when.thenMoved().task('t').status).to.equal(waits ? from : 'waiting_external');
        return undefined;
      });
    }

    for (const [what, command, error] of [
      [
        'no reply arrives in time',
        { type: 'ExpireEmail', outcome: { tracking_id: MAIL, received_from: [] } },
        'timeout',
      ],
      [
        'no recipient can be reached',
        { type: 'ReceiveBounce', outcome: { ...unreachable, tracking_id: MAIL } },
        'undeliverable',
      ],
    ] as const) {
      it(`waiting_external → failed: ${what}`, () => {
        const { next } = given(standing('in_progress')).when(send).thenMoved();
        const { task, path } = given(next)
          .when(command as Command)
          .thenMoved();
        expect(path('t')).to.deep.equal(['waiting_external', 'failed']);
        expect(task('t')).to.include({ error });
      });
    }
  });

  describe('an added task', () => {
    for (const dependency of statuses) {
      const met = dependency === 'completed' || dependency === 'skipped';
      it(`with a dependency that is ${dependency} is ${met ? 'ready' : 'pending'}`, () => {
        const mission = aMission({
          tasks: {
            root: 'in_progress',
            d: { status: dependency, ...(dependency === 'pending' && { depends_on: ['root'] }) },
          },
        });
        const { task } = given(mission)
          .when({ type: 'AddTasks', tasks: [{ title: 'new', depends_on: ['d'] }] })
          .thenMoved();
        expect(task('new').status).to.equal(met ? 'ready' : 'pending');
      });
    }

    it('without dependencies is ready', () => {
      expect(
        given(aMission())
          .when({ type: 'AddTasks', tasks: [{ title: 'new' }] })
          .thenMoved()
          .task('new').status,
      ).to.equal('ready');
    });
  });

  describe('a task of an ended mission', () => {
    for (const from of ['pending', 'ready', 'completed', 'failed', 'skipped'] as const) {
      for (const to of statuses.filter((status) => status !== from && !(from === 'failed' && status === 'ready'))) {
        it(`${from} → ${to} is refused as closed`, () => {
          const refusal = given(standing(from, { phase: 'failed' }))
            .when(asking(to))
            .thenRefused('MISSION_CLOSED');
          expect(refusal.members).to.include({ status: 'failed' });
        });
      }
    }
    for (const to of statuses) {
      it(`any status → ${to} is refused in a cancelled mission`, () => {
        const mission = aMission({ cancelled: true, tasks: { t: 'failed' } });
        given(mission).when(asking(to)).thenRefused('MISSION_CLOSED');
      });
    }
  });
});
