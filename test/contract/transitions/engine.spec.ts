import { expect } from 'chai';
import { Refused } from '@missions/mission/domain/decision.ts';
import { ChangeBuilder } from '@missions/mission/domain/mission-changes.ts';
import { missionSteps } from '@missions/mission/domain/mission-steps.ts';
import { askableTaskSteps, moveTask, taskSteps } from '@missions/mission/domain/task-steps.ts';
import { counter } from '@missions/mission/domain/testing/fixtures.ts';
import { aMission, agent, NOW } from '@missions/mission/domain/testing/sample.ts';
import { phases, rowOf, steps } from './mission-table.ts';
import { askable, pairs, rows, statuses } from './task-table.ts';

/**
 * Compares the domain's own tables with the tables that were copied from the specification, including steps that no
 * command takes by itself.
 */
describe('the tables of the domain', () => {
  const shortcuts = rows.filter((row) => row.when.startsWith('through'));
  const single = rows.filter((row) => !shortcuts.includes(row));

  for (const from of statuses) {
    it(`list the steps of a task that leave ${from}`, () => {
      expect(taskSteps[from]).to.have.members(
        statuses.filter((to) => single.some((row) => row.from.includes(from) && row.to.includes(to))),
      );
      expect(askableTaskSteps[from]).to.have.members(askable(from));
    });
  }

  for (const step of steps.filter((one) => one !== 'unblock')) {
    it(`list the phases in which ${step} is allowed`, () => {
      expect(missionSteps[step as keyof typeof missionSteps]).to.have.members(
        phases.filter((phase) => rowOf(step, phase)),
      );
    });
  }

  for (const { from, to } of pairs) {
    const listed = single.some((row) => row.from.includes(from) && row.to.includes(to));
    it(`bind every single step of any actor: ${from} → ${to} is ${listed ? 'taken' : 'refused'}`, () => {
      const changes = new ChangeBuilder(aMission({ tasks: { t: from } }), { at: NOW, actor: agent, newId: counter() });
      const move = () => moveTask(changes, 't', to);
      if (!listed)
        return void expect(move).to.throw(Refused).with.nested.property('refusal.code', 'INVALID_TRANSITION');
      move();
      expect(changes.task('t').status).to.equal(to);
      return undefined;
    });
  }
});
