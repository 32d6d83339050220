import { expect } from 'chai';
import { isForBackend, operations } from '@missions/contracts/rest/operations.ts';
import { newId } from '@missions/runtime/id.ts';
import { Api } from '@missions/test-support/api.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';

/** They bear a fence of their own, or are of no mission. */
const WITHOUT_RUN = ['claimRun', 'heartbeatRun', 'finishRun', 'markNotificationsTold'];

describe('X-Run', () => {
  let running: SharedProduct;
  let api: Api;
  let email: string;
  let live: { id: string; fence: number };
  let stale: { id: string; fence: number };
  before(async () => {
    running = await product();
    api = new Api(running);
    email = (
      await api.post('emails', {
        user_id: 'ada',
        to: ['sarah@example.com'],
        subject: 'When?',
        body: 'Tuesday?',
        expect_reply: true,
      })
    ).body.id;
    stale = await claimed();
    await api.post(`runs/${stale.id}/finish`, { fence: stale.fence, status: 'succeeded' });
    live = await claimed();
  });

  const claimed = async (): Promise<{ id: string; fence: number }> => {
    await api.mission({ can_run_autonomously: true });
    const { status, body } = await api.post('runs/claim', {
      agent_id: 'gardener',
      wait_seconds: 20,
      lease_seconds: 300,
    });
    expect(status).to.equal(200);
    return body.run;
  };
  const under = ({ id, fence }: { id: string; fence: number }) => ({ headers: { 'x-run': `${id}:${fence}` } });

  const mail = { user_id: 'ada', to: ['john@example.com'], subject: 'Lost', body: 'Late' };
  const writes: Record<string, [status: number, path: () => string, body: object]> = {
    'a new mission': [201, () => 'missions', { user_id: 'ada', title: 'Lost' }],
    'a signal': [202, () => 'signals', { kind: 'webhook', reference: 'lost' }],
    'a mail of no mission': [201, () => 'emails', mail],
    'a follow-up of a mail of no mission': [200, () => `emails/${email}/follow-up`, {}],
    'a check of replies': [200, () => 'emails/check-replies', { user_id: 'ada' }],
  };
  for (const [what, [status, path, body]] of Object.entries(writes)) {
    it(`a run may write only while it has its lease: ${what}`, async () => {
      const answered = await api.post(path(), body, under(live));
      expect([answered.status, answered.body.code]).to.deep.equal([status, undefined]);
      for (const [why, run] of Object.entries({
        over: stale,
        'another fence': { ...live, fence: live.fence + 1 },
        'of no run': { id: newId(), fence: 1 },
      })) {
        const refused = await api.post(path(), body, under(run));
        expect([refused.status, refused.body.code], why).to.deep.equal([409, 'LEASE_LOST']);
      }
      const stranger = new Api(running);
      const { body: refused } = await stranger.post(path(), body, under(live));
      expect(refused.code, 'of another customer').to.equal('LEASE_LOST');
    });
  }

  it('X-Run is ignored on reads and on calls that carry their own fence', async () => {
    expect((await api.get('missions?user_id=ada', under(stale))).status).to.equal(200);
    expect((await api.post(`runs/${live.id}/heartbeat`, { fence: live.fence }, under(stale))).status).to.equal(200);
    expect((await api.post('runs/claim', { agent_id: 'idle-agent' }, under(stale))).status).to.be.oneOf([200, 204]);
  });

  it('the description lists X-Run on exactly the operations that check it', async () => {
    const { paths } = (await api.get('/openapi.json')).body;
    const internal = operations.filter((one) => one.path.startsWith('/api/internal/'));
    for (const { id, method, path } of internal) {
      const { parameters, responses } = paths[path][method];
      const heeds = method !== 'get' && !WITHOUT_RUN.includes(id) && !isForBackend({ path });
      expect(
        parameters.some((one: { $ref?: string }) => one.$ref === '#/components/parameters/X-Run'),
        id,
      ).to.equal(heeds);
      const refused = String(responses['409']?.description).includes('LEASE_LOST');
      expect(refused, `${id} refuses`).to.equal(heeds || ['heartbeatRun', 'finishRun'].includes(id));
    }
  });
});
