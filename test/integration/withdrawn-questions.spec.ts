import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';

describe('a question that is taken back, in the product', () => {
  let api: Api;
  const asAda = { headers: { 'x-user-id': 'ada' } };
  before(async () => {
    api = new Api(await product());
  });

  for (const by of ['the agent', 'its user'])
    it(`by ${by} can be answered no more, and its task goes on while the other question waits`, async () => {
      const { id, tasks } = await api.mission({ tasks: [{ title: 'one' }, { title: 'two' }] });
      const ask = async (task_id: string) =>
        (await api.post(`missions/${id}/input-requests`, { prompt: 'Shall I?', task_id })).body.id as string;
      const [asked, other] = [await ask(tasks[0].id), await ask(tasks[1].id)];
      const root = by === 'the agent' ? `missions/${id}` : `/api/v1/missions/${id}`;
      const reason = 'Sarah has called';
      const withdrawn = await api.post(`${root}/input-requests/${asked}/withdraw`, { reason }, asAda);
      expect(withdrawn.status, withdrawn.text).to.equal(200);
      expect(withdrawn.body).to.include({ request_id: asked, status: 'cancelled', reason });

      const late = await api.post(`/api/v1/input-requests/${asked}/respond`, { freeform_text: 'Yes' }, asAda);
      expect([late.status, late.body.code]).to.deep.equal([409, 'ALREADY_RESPONDED']);
      expect(late.body.detail).to.include('taken back');
      const pending = await api.get('/api/v1/input-requests?status=pending', asAda);
      expect(pending.body.input_requests.map((one: { id: string }) => one.id)).to.deep.equal([other]);
      const now = (await api.get(`missions/${id}`)).body;
      expect(now.tasks.map(({ status }: { status: string }) => status)).to.deep.equal(['ready', 'waiting_human']);
      expect(now.status).to.equal('waiting');
      expect(JSON.stringify(now.recent_events)).to.include(reason);

      const answered = await api.post(`/api/v1/input-requests/${other}/respond`, { freeform_text: 'Yes' }, asAda);
      expect(answered.status, answered.text).to.equal(200);
      const over = await api.post(`${root}/input-requests/${other}/withdraw`, { reason }, asAda);
      expect([over.status, over.body.code]).to.deep.equal([409, 'ALREADY_RESPONDED']);
    });
});
