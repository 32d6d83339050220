import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { missionBodies, retryBody, taskBody } from './bodies.ts';
import {
  allowed,
  expected,
  landing,
  nameOf,
  type Standing,
  standings,
  statusOf,
  type Step,
  steps,
  targets,
} from './mission-table.ts';
import { askable, pairs, type Status } from './task-table.ts';

/**
 * The same tables over REST, as far as an agent can bring a mission there: it opens no input request here, and pauses
 * as an agent only.
 */
describe('the transition tables, over REST', () => {
  let api: Api;
  before(async () => {
    api = new Api(await product());
  });

  async function ok(answer: Promise<ApiResponse>): Promise<any> {
    const { status, text, body } = await answer;
    expect(status, text).to.equal(200);
    return body;
  }

  describe('a status that a PATCH of a task names', () => {
    /** How an agent brings task `t`, which depends on `before`, to where the test begins. */
    const ways: Partial<Record<Status, readonly Status[]>> = {
      pending: [],
      ready: [],
      in_progress: ['in_progress'],
      waiting_external: ['waiting_external'],
      blocked: ['blocked'],
      completed: ['completed'],
      failed: ['in_progress', 'failed'],
      skipped: ['skipped'],
    };

    for (const { from, to } of pairs.filter((pair) => ways[pair.from])) {
      const outcome = from === to ? 'nothing' : askable(from).includes(to) ? 'moved' : 'refused';
      it(`${from} → ${to}: ${outcome}`, async () => {
        const mission = await api.mission({
          tasks: [
            { title: 'before', ref: 'before' },
            { title: 't', depends_on: ['before'] },
          ],
        });
        const [before, t] = mission.tasks.map((task: { id: string }) => `missions/${mission.id}/tasks/${task.id}`);
        if (from !== 'pending') await ok(api.patch(before, { status: 'completed' }));
        for (const step of ways[from] ?? []) await ok(api.patch(t, taskBody(step)));
        const { version } = (await api.get(`missions/${mission.id}`)).body;

        const answer = await api.patch(t, outcome === 'nothing' ? { status: to } : taskBody(to));
        const now = (await api.get(`missions/${mission.id}`)).body;
        expect(now.tasks[1].status).to.equal(outcome === 'moved' ? to : from);
        expect(now.version).to.equal(outcome === 'moved' ? version + 1 : version);
        expect(answer.status, answer.text).to.equal(outcome === 'refused' ? 409 : 200);
        if (outcome !== 'refused')
          return void expect(answer.body).to.deep.include({
            status: now.tasks[1].status,
            mission: { id: now.id, status: now.status, phase: now.phase, version: now.version },
          });
        expect(answer.body).to.include({ code: 'INVALID_TRANSITION', from, to });
        expect(answer.body.allowed).to.have.members(askable(from));
        return undefined;
      });
    }
  });

  describe('missions', () => {
    const url = (mission: { id: string }) => `missions/${mission.id}`;
    const take = (mission: { id: string; tasks: { id: string }[] }, step: Step): Promise<ApiResponse> =>
      step === 'retry'
        ? api.patch(`${url(mission)}/tasks/${mission.tasks[0]?.id}`, retryBody)
        : api.patch(url(mission), missionBodies[step]);

    /** A mission in the given standing, with a failed task to retry. */
    async function standing(at: Standing): Promise<any> {
      const mission = await api.mission({ tasks: [{ title: 'f' }] });
      const fail = async () => {
        for (const status of ['in_progress', 'failed'])
          await ok(api.patch(`${url(mission)}/tasks/${mission.tasks[0].id}`, { status }));
      };
      await fail();
      if (at.phase === 'planning') await ok(take(mission, 'replan'));
      if (at.phase === 'waiting') await ok(api.patch(url(mission), { blocked_by: 'the venue' }));
      if (at.paused_by) await ok(take(mission, 'pause'));
      if (at.phase === 'completed') await ok(take(mission, 'complete'));
      if (at.phase === 'failed') await ok(take(mission, 'fail'));
      if (at.cancelled) await ok(take(mission, 'cancel'));
      return (await api.get(url(mission))).body;
    }

    for (const step of steps) {
      for (const at of standings.filter((one) => one.paused_by === null || one.paused_by === 'agent')) {
        const outcome = expected(step, at, 'agent');
        it(`${step} from ${nameOf(at)}: ${outcome}`, async () => {
          const mission = await standing(at);
          expect(mission).to.include({ phase: at.phase, paused_by: at.paused_by, status: statusOf(at) });
          const answer = await take(mission, step);
          const now = (await api.get(url(mission))).body;
          const landed = outcome === 'moved' ? landing(step, at, 'agent') : at;
          expect(now).to.include({ phase: landed.phase, paused_by: landed.paused_by, status: statusOf(landed) });
          expect(now.version).to.equal(outcome === 'moved' ? mission.version + 1 : mission.version);
          if (outcome === 'moved' || outcome === 'nothing')
            return void expect(answer.status, answer.text).to.equal(200);
          expect(answer.status, answer.text).to.equal(409);
          expect(answer.body.code).to.equal(outcome);
          expect(answer.body.allowed).to.have.members(allowed(at).filter((one) => one !== step));
          if (outcome === 'INVALID_TRANSITION') {
            expect(answer.body.to).to.equal(targets[step]);
            expect(answer.body.from).to.be.oneOf([at.phase, statusOf(at)]);
          }
          return undefined;
        });
      }
    }
  });
});
