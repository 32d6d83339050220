import type { NewInputRequest, Proposal } from '@missions/contracts/approval/input-request.ts';
import { expect } from 'chai';
import { given, type MovedMission, nothing } from './testing/fixtures.ts';
import { aMission, agent, system, user } from './testing/sample.ts';

const byKey = { ...agent, by_key: true };
const both: Proposal = { can_run_autonomously: true, max_lifetime_hours: 720 };
const asStandard = { can_run_autonomously: false, max_lifetime_hours: 168 };

const questionIn = ({ changes }: MovedMission) =>
  changes.find(({ kind }) => kind === 'input_requested')?.event?.['question'] as
    { id: string; options: { id: string; label: string }[]; allow_freeform: boolean; context: object } | undefined;
const patch = (fields: object) => ({ type: 'PatchMission', patch: fields }) as const;
const ask = (request: Partial<NewInputRequest>) =>
  ({ type: 'RequestInput', request_id: 'r1', request: { prompt: 'May I?', ...request } }) as const;
const answer = (selected_option: string, more: object = {}) =>
  ({
    type: 'ReceiveResponse',
    request_id: 'r1',
    response: { selected_option, freeform_text: null, responded_by: 'ada', via: 'api', ...more },
  }) as const;

describe('autonomous work and a long life', () => {
  it('are set by the trusted backend and by the user', () => {
    for (const actor of [agent, user]) {
      expect(nothing.whenCreating({ title: 'T', ...both }, actor).thenMoved().next).to.include(both);
      expect(given(aMission()).when(patch(both), actor).thenMoved().next).to.include(both);
    }
  });

  it('are asked of the user when an agent’s key creates a mission with them', () => {
    const moved = nothing.whenCreating({ title: 'T', tasks: [{ title: 'a' }], ...both }, byKey).thenMoved();
    expect(moved.next).to.include({ ...asStandard, phase: 'waiting' });
    const question = questionIn(moved);
    expect(question).to.deep.include({ allow_freeform: false, context: { proposes: both } });
    expect(question?.options.map(({ id }) => id)).to.deep.equal(['approve', 'reject']);
    expect(question?.options[0]?.label).to.contain('720 hours').and.to.contain('while I am away');
  });

  it('are asked of the user when an agent’s key patches them, beside what it may change', () => {
    const moved = given(aMission())
      .when(patch({ title: 'Lunch', ...both }), byKey)
      .thenMoved();
    expect(moved.next).to.include({ ...asStandard, title: 'Lunch' });
    expect(questionIn(moved)).to.deep.include({ context: { proposes: both } });
  });

  it('are asked for once while the question waits', () => {
    const { next } = given(aMission()).when(patch(both), byKey).thenMoved();
    given(next).when(patch(both), byKey).thenIgnored();
  });

  it('need no question where nothing grows', () => {
    const grown = aMission({ can_run_autonomously: true, max_lifetime_hours: 720 });
    for (const [mission, fields] of [
      [grown, { can_run_autonomously: false }],
      [grown, { can_run_autonomously: true, max_lifetime_hours: 500 }],
      [aMission(), { max_lifetime_hours: 24 }],
    ] as const) {
      const moved = given(mission).when(patch(fields), byKey).thenMoved();
      expect(questionIn(moved)).to.equal(undefined);
      expect(moved.next).to.include(fields);
    }
  });

  it('cannot be asked about for a mission that ends', () => {
    given(aMission())
      .when(patch({ status: 'completed', ...both }), byKey)
      .thenRefused('MISSION_CLOSED');
  });

  describe('that an agent proposes in a question', () => {
    const asked = () =>
      given(aMission())
        .when(ask({ proposes: both }), byKey)
        .thenMoved().next;
    const byUser = { ...system, kind: 'user' as const };

    it('begin with the user’s approval, in the same decision', () => {
      const moved = given(asked()).when(answer('approve'), byUser).thenMoved();
      expect(moved.next).to.include({ ...both, phase: 'planning' });
      expect(moved.changes.find(({ kind }) => kind === 'updated')?.metadata['changed']).to.deep.equal(
        Object.keys(both),
      );
    });

    it('do not begin with a refusal, with the silence of the user, or with a default', () => {
      for (const [command, actor] of [
        [answer('reject'), byUser],
        [{ type: 'ExpireInputRequest', request_id: 'r1' }, system],
        [answer('approve', { via: 'timeout', responded_by: null }), system],
      ] as const)
        expect(given(asked()).when(command, actor).thenMoved().next).to.include(asStandard);
    });

    it('leave no choice of options, default, free text and task to the agent', () => {
      const options = [{ id: 'approve', label: 'A nicer word' }];
      for (const [member, request] of Object.entries({
        options: { options },
        allow_freeform: { allow_freeform: true },
        default_option: { default_option: 'approve' },
        task_id: { task_id: 'a' },
      })) {
        const refusal = given(aMission({ tasks: { a: 'ready' } }))
          .when(ask({ proposes: both, ...request }), byKey)
          .thenRefused('VALIDATION_FAILED');
        expect(refusal.members.errors?.map(({ path }) => path)).to.include(`/${member}`);
      }
    });
  });
});
