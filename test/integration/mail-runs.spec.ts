import { expect } from 'chai';
import type { TrackedEmail } from '@missions/contracts/email/email.ts';
import { Api } from '@missions/test-support/api.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { post } from '../mail/post.ts';
import { expectStatus } from './client.ts';

describe('autonomous work and mail', () => {
  let running: SharedProduct;
  let api: Api;
  before(async () => {
    running = await product();
    api = new Api(running);
  });

  it('the context of a claimed run contains the mission’s e-mails, and a reply makes another run due', async () => {
    const claim = () =>
      waitUntil(
        async () => (await api.post('runs/claim', { agent_id: 'gardener', wait_seconds: 5, lease_seconds: 60 })).body,
        { what: 'a run' },
      );
    const { id, tasks } = await api.mission({
      agent_id: 'gardener',
      can_run_autonomously: true,
      tasks: [{ title: 'Ask Sarah' }],
    });
    const first = await claim();
    expect(first.context.emails).to.deep.equal([]);
    const asRun = { headers: { 'x-run': `${first.run.id}:${first.run.fence}` } };
    const sent: TrackedEmail = await expectStatus(
      201,
      api.post(
        'emails',
        {
          user_id: 'ada',
          to: ['sarah@example.com'],
          subject: 'When?',
          body: 'Tuesday?',
          expect_reply: true,
          mission_id: id,
          task_id: tasks[0].id,
        },
        asRun,
      ),
    );
    await expectStatus(200, api.post(`runs/${first.run.id}/finish`, { fence: first.run.fence, status: 'succeeded' }));
    const late = await api.post(
      'emails',
      { user_id: 'ada', to: ['sarah@example.com'], subject: 'Again', body: '', mission_id: id },
      asRun,
    );
    expect([late.status, late.body.code]).to.deep.equal([409, 'LEASE_LOST']);
    await post(running.smtpPort, answer(sent, 'sarah@example.com', 'Tuesday suits me.'));
    const second = await claim();
    expect(second.run.mission_id).to.equal(id);
    const [email] = second.context.emails;
    expect(email).to.deep.include({
      id: sent.id,
      status: 'all_replied',
      pending_from: [],
      received_from: ['sarah@example.com'],
    });
    expect(email.replies[0].untrusted.snippet).to.equal('Tuesday suits me.');
    expect(email).to.not.have.property('body_text');
    expect(second.context.tasks[0].result.signal.data.replies[0].untrusted.body_text).to.contain('Tuesday suits me.');
  });
});
