import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { endsOf, isActiveAgain, historyOf, missionOf, requestOf, returnsOf, waitingForAda } from './client.ts';
import { SimulatedUser } from './simulated-user.ts';

const TIMES = 200;
const AT_ONCE = 4;

describe('an input request', () => {
  let api: Api;
  let ada: SimulatedUser;

  before(async () => {
    api = new Api(await product());
    ada = new SimulatedUser(api);
  });

  const round = async (whole: boolean): Promise<void> => {
    const asked = await waitingForAda(api, {}, { whole });
    const { missionId, request } = asked;
    // A single read without retries: a caller reads its own writes.
    const [mission, read, pending, hers] = await Promise.all([
      missionOf(api, missionId),
      requestOf(api, asked),
      ada.pending(),
      ada.get(`missions/${missionId}`),
    ]);
    for (const seen of [mission, hers.body]) {
      expect(seen).to.include({
        status: 'waiting',
        phase: 'waiting',
        blocked_by: `human_input:${request.id}`,
        needs_attention: true,
      });
      expect(seen.tasks[0]).to.include(
        whole
          ? { status: 'ready' }
          : { status: 'waiting_human', blocked_by: `human_input:${request.id}`, timeout_at: request.expires_at },
      );
      expect(seen.input_requests).to.deep.equal([request]);
      expect(seen.blockers).to.have.lengthOf(1);
      expect(seen.blockers[0]).to.include({
        key: `human_input:${request.id}`,
        kind: 'human_input',
        until_at: request.expires_at,
      });
    }
    expect(read).to.deep.equal(request);
    expect(pending.find((one) => one.id === request.id)).to.deep.equal(request);

    const answer = await ada.respond(request.id, { selected_option: 'yes', freeform_text: 'by the window' });
    expect(answer.status, answer.text).to.equal(200);
    const response = { selected_option: 'yes', freeform_text: 'by the window', responded_by: 'ada', via: 'api' };
    expect(answer.body).to.deep.include({ status: 'responded', response });
    const after = await isActiveAgain(api, missionId);
    expect(after).to.include({
      status: 'active',
      phase: whole ? 'planning' : 'executing',
      blocked_by: '',
      needs_attention: false,
    });
    expect(after.input_requests).to.deep.equal([]);
    if (!whole) {
      expect(after.tasks[0]).to.include({ status: 'in_progress', blocked_by: '', timeout_at: null });
      expect(after.tasks[0].result).to.deep.equal({ response, responses: { [request.id]: response } });
    }
    const history = await historyOf(api, missionId);
    expect(endsOf(history, request.id).map((entry) => entry.event_type)).to.deep.equal(['input_responded']);
    expect(endsOf(history, request.id)[0]?.metadata.resolution.response).to.deep.equal(response);
    expect(returnsOf(history, asked.taskId)).to.equal(whole ? 0 : 1);
    expect((await ada.pending()).map((one) => one.id)).not.to.include(request.id);
  };

  it(`blocks its mission, is on every list at once, and its response unblocks the mission, ${TIMES} times out of ${TIMES}`, async () => {
    let left = TIMES;
    const asker = async (): Promise<void> => {
      while (left-- > 0) await round(left % 4 === 0);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, asker));
  });

  it('is one of several of a task, which waits for the last and keeps every response', async () => {
    const first = await waitingForAda(api);
    const { missionId, taskId } = first;
    const ask = async (prompt: string) =>
      (await api.post(`missions/${missionId}/input-requests`, { prompt, task_id: taskId })).body;
    const [second, third] = [await ask('Which room?'), await ask('For how many?')];
    expect((await missionOf(api, missionId)).input_requests).to.have.lengthOf(3);
    await ada.respond(third.id, { freeform_text: 'six' });
    await ada.respond(first.request.id, { selected_option: 'no' });
    await expectWaiting(missionId, [second.id]);
    await ada.respond(second.id, { freeform_text: 'the blue one' });
    const { tasks } = await isActiveAgain(api, missionId);
    expect(tasks[0].status).to.equal('in_progress');
    const { responses, response } = tasks[0].result;
    expect(responses).to.have.all.keys(first.request.id, second.id, third.id);
    expect(response).to.deep.equal(responses[second.id]);
    expect(returnsOf(await historyOf(api, missionId), taskId)).to.equal(1);
  });

  const expectWaiting = async (missionId: string, open: string[]): Promise<void> => {
    await waitUntil(async () => (await missionOf(api, missionId)).blockers.length === open.length, {
      what: `${open.length} questions open`,
    });
    const mission = await missionOf(api, missionId);
    expect(mission).to.include({ phase: 'waiting' });
    expect(mission.tasks[0].status).to.equal('waiting_human');
    expect(mission.blockers.map((blocker: { key: string }) => blocker.key)).to.deep.equal(
      open.map((id) => `human_input:${id}`),
    );
  };

  it('keeps its response, whatever an agent writes into the result', async () => {
    const { missionId, taskId, request } = await waitingForAda(api);
    await ada.respond(request.id, { selected_option: 'no' });
    await isActiveAgain(api, missionId);
    const forged = { selected_option: 'yes', freeform_text: null, responded_by: 'ada', via: 'api' };
    for (const result of [{ response: forged }, { responses: { [request.id]: forged } }]) {
      const answer = await api.patch(`missions/${missionId}/tasks/${taskId}`, { result });
      expect(answer.body.code, answer.text).to.equal('VALIDATION_FAILED');
    }
    await api.patch(`missions/${missionId}/tasks/${taskId}`, { result: { room: 'blue' } });
    const { result } = (await missionOf(api, missionId)).tasks[0];
    expect(result).to.include({ room: 'blue' });
    expect(result.response.selected_option).to.equal('no');
  });
});
