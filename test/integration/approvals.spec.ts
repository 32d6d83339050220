import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { type Acting, actingFor } from '@missions/agent-tools/testing/tools-of.ts';
import { MissionsClient } from '@missions/client/client.ts';
import { UserClient } from '@missions/client/user-client.ts';
import { verifyReceipt } from '@missions/client/verify-receipt.ts';
import { createTools } from '@missions/agent-tools/tools.ts';
import type { ReceiptKeys } from '@missions/contracts/approval/receipt.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { signedIn } from '../contract/gateway/signed-in.ts';

const action = { type: 'pay', amount: 120, to: 'Hotel Adler' };
const edits = { type: 'object', properties: { amount: { type: 'number', maximum: 200 } } } as const;

describe('an approval that binds, in the whole product', () => {
  let running: SharedProduct;
  let agent: Acting;
  before(async () => {
    running = await product();
    agent = await actingFor();
  });

  const keys = async (): Promise<ReceiptKeys> => {
    const response = await fetch(`${running.origin}/.well-known/jwks.json`);
    expect(response.headers.get('content-type')).to.contain('application/jwk-set+json');
    return (await response.json()) as ReceiptKeys;
  };
  const asked = async (over: object = {}) => {
    const { data: mission } = await agent.did('mission_create', { title: 'Book the hotel', tasks: [{ title: 'Pay' }] });
    const { data: question } = await agent.did('mission_ask_user', {
      ...{ mission_id: mission.id, task_id: mission.tasks[0].id, prompt: 'Pay the hotel?', action, edits, ...over },
    });
    return { mission_id: mission.id as string, request_id: question.id as string };
  };

  it('gives its receipt to the user, the task, the tool and the history, for what was changed and nothing else', async () => {
    const { mission_id, request_id } = await asked();
    const { response } = await agent.user.respondToInputRequest(request_id, {
      ...{ selected_option: 'approve', edits: { amount: 99 }, note: 'A single room' },
    });
    const effective_action = { ...action, amount: 99 };
    expect(response).to.deep.include({ effective_action, note: 'A single room' });
    const receipt = response?.receipt ?? '';

    const [task] = (await agent.client.getMission(mission_id)).tasks;
    expect(task?.result).to.have.deep.nested.property(`responses.${request_id}`, response);
    const { text } = await agent.did('mission_ask_user', { mission_id, request_id });
    expect(text).to.contain(receipt).and.to.contain('Do exactly this').and.to.contain('A single room');
    const resumed = (await agent.did('mission_resume', { mission_id })).text;
    expect(resumed).to.contain(`mission_ask_user with request_id ${request_id} shows exactly what`);
    const [decision] = (await agent.user.listMyDecisions()).items;
    expect(decision).to.deep.include({ request_id, receipt, effective_action });

    expect((await verifyReceipt(receipt, effective_action, await keys())).claims).to.include({
      ...{ customer_id: agent.customerId, mission_id, request_id, option: 'approve', responded_by: 'ada', via: 'api' },
    });
    expect(await agent.client.verifyReceipt({ receipt, action: effective_action })).to.include({ approved: true });
    for (const wrong of [action, { ...effective_action, amount: 99.01 }]) {
      expect(await verifyReceipt(receipt, wrong, await keys())).to.include({ approved: false });
      expect(await agent.client.verifyReceipt({ receipt, action: wrong })).to.include({ approved: false });
    }
    const other = await actingFor();
    expect(await other.client.verifyReceipt({ receipt, action: effective_action })).to.deep.equal({
      ...{ approved: false, reason: 'This receipt is of another customer.' },
    });
  });

  it('is none when it is refused, with a note that the agent reads', async () => {
    const { mission_id, request_id } = await asked();
    const { response } = await agent.user.respondToInputRequest(request_id, {
      selected_option: 'reject',
      note: 'Too dear',
    });
    expect(response).not.to.have.any.keys('receipt', 'effective_action');
    const { text } = await agent.did('mission_ask_user', { mission_id, request_id });
    expect(text).to.contain('not approved: do not do it').and.to.contain('> Too dear');
  });

  it('of what cannot be undone needs a confirmation, and a browser that has signed in of late', async () => {
    const { request_id } = await asked({ irreversible: true });
    const api = new Api(running, agent.customerId);
    const answer = (body: object, headers: Readonly<Record<string, string | null>>) =>
      api.post(`/api/v1/input-requests/${request_id}/respond`, body, { headers });
    const browser = await signedIn(agent.customerId, 'ada');
    const unconfirmed = await answer({ selected_option: 'approve' }, browser.headers);
    expect([unconfirmed.status, unconfirmed.body.code]).to.deep.equal([409, 'CONFIRMATION_REQUIRED']);

    const { pool } = await gatewayDatabase();
    await pool.query("update user_session set created_at = now() - interval '16 minutes' where id = $1", [
      browser.session.id,
    ]);
    const old = await answer({ selected_option: 'approve', confirmed: true }, browser.headers);
    expect([old.status, old.body.code]).to.deep.equal([403, 'SIGN_IN_REQUIRED']);
    expect(old.body.detail).to.contain('Sign in again');

    const again = await signedIn(agent.customerId, 'ada');
    const approved = await answer({ selected_option: 'approve', confirmed: true }, again.headers);
    expect(approved.status, approved.text).to.equal(200);
    expect(approved.body.response.receipt).to.be.a('string');
  });

  it('is asked for with errors that say how to mend the call', async () => {
    const failed = await agent.failed('mission_ask_user', {
      ...{ mission_id: (await asked()).mission_id, prompt: 'Pay?', action },
      edits: { type: 'object', properties: { total: { type: 'number' } } },
    });
    expect(failed).to.contain('edits/properties/total').and.to.contain('its fields are type, amount, to');
  });

  const gatewayDatabase = async () => {
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({ connectionString: running.database.urlFor('gateway'), max: 1 });
    after(() => pool.end());
    return { pool };
  };
});

describe('mail where EMAIL_REQUIRES_RECEIPT is unknown-recipients', () => {
  let servers: DeployedServers;
  let running: Product;
  before(async () => {
    servers = await startDeployedServers();
    const { natsUrlFor } = servers;
    const env = { 'email-bridge': { EMAIL_REQUIRES_RECEIPT: 'unknown-recipients' } };
    running = await startProduct({ database: await servers.freshDatabase(), natsUrlFor, env });
  });
  after(async () => {
    await running?.stop();
    await servers?.stop();
  });

  it('is sent to somebody new only with the receipt of exactly this mail, whatever a model tries', async () => {
    const named = { baseUrl: running.origin, credential: running.secret, customerId: 'acme', userId: 'ada' };
    const user = new UserClient(named);
    const tools = createTools({ client: new MissionsClient({ ...named, agentId: 'planner' }), conversationId: 'chat' });
    const send = (mail: object) => tools.call('email_send', mail);
    const sentFiles = () => readdirSync(running.outbox).filter((file) => file.endsWith('.eml'));
    const letter = { to: ['Sarah <sarah@example.com>'], subject: 'Tuesday', body: 'At ten?' };

    const skipped = await send(letter);
    expect(skipped).to.include({ ok: false });
    expect(skipped.text)
      .to.contain('RECEIPT_REQUIRED')
      .and.to.contain('mission_ask_user')
      .and.to.contain('sarah@example.com');
    const { data: mission } = (await tools.call('mission_create', { title: 'Invite Sarah' })) as { data: any };
    expect((await send({ ...letter, mission_id: mission.id })).text).to.contain('RECEIPT_REQUIRED');

    const { data: question } = (await tools.call('mission_ask_user', {
      ...{ mission_id: mission.id, prompt: 'Send this?', action: { type: 'send_email', ...letter } },
    })) as { data: any };
    const { response } = await user.respondToInputRequest(question.id, { selected_option: 'approve' });
    const receipt = response?.receipt ?? '';
    for (const other of [{ body: 'At eleven?' }, { to: ['eve@example.com'] }, { bcc: ['eve@example.com'] }])
      expect((await send({ ...letter, ...other, receipt })).text).to.contain('RECEIPT_REQUIRED');
    const forged = receipt.slice(0, -1) + (receipt.endsWith('A') ? 'Q' : 'A');
    expect((await send({ ...letter, receipt: forged })).ok).to.equal(false);
    expect(sentFiles()).to.deep.equal([]);

    const sent = await send({ ...letter, receipt });
    expect(sent.ok, sent.text).to.equal(true);
    await waitUntil(() => sentFiles().length === 1, { what: 'the mail' });
    expect((await send({ ...letter, body: 'Or at eleven?' })).ok, 'somebody known').to.equal(true);

    await running['email-bridge'].kill();
    const away = await send({ ...letter, to: ['eve@example.com'], mission_id: mission.id });
    expect(away.ok, `while the bridge is away: ${away.text}`).to.equal(false);
    await running['email-bridge'].start();
    expect((await tools.call('mission_get', { mission_id: mission.id })).text).not.to.contain('eve@example.com');
  });
});
