import { expect } from 'chai';
import { Client } from 'pg';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';

const asAda = { headers: { 'x-user-id': 'ada' } };
const asBob = { headers: { 'x-user-id': 'bob' } };

describe('while the email-bridge hears no events of missions', function () {
  this.timeout(60_000);
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;
  let api: Api;

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    const only = ['mission', 'approval', 'scheduler', 'email-bridge', 'gateway'] as const;
    product = await startProduct({ database, natsUrlFor: servers.natsUrlFor, only });
    api = new Api(product);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product?.logs());
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  /** Its events are claimed in its inbox, which is held here. Requests do not pass there. */
  const deaf = async (): Promise<() => Promise<void>> => {
    const holder = new Client({ connectionString: database.adminUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('lock table email_bridge.inbox in share row exclusive mode');
    return () => holder.end();
  };
  const send = async (expect_reply: boolean): Promise<{ mission: string; mail: string }> => {
    const { id } = await api.mission();
    const letter = { user_id: 'ada', mission_id: id, to: ['sarah@example.com'], subject: 'When?', body: 'When?' };
    const sent = await api.post('emails', { ...letter, expect_reply });
    expect([sent.status, sent.body.status], sent.text).to.deep.equal([201, 'queued']);
    return { mission: id, mail: sent.body.id };
  };
  const seen = ({ status, body }: ApiResponse) => [status, body.code ?? body.id];
  const mails = ({ body }: ApiResponse) => body.emails.map((one: { id: string }) => one.id);

  it('an e-mail that was sent can be read by its id, is in its mission, and is nobody else’s', async () => {
    // Then the gateway has heard that the bridge demands no receipts, without which it takes no mail while it is away.
    await send(false);
    await product['email-bridge'].kill();
    const [read, listed, resumed, followed] = await Promise.all([true, false, false, true].map(send));
    const hearing = await deaf();
    await product['email-bridge'].start();
    try {
      expect(seen(await api.get(`emails/${read?.mail}?user_id=bob`))).to.deep.equal([404, 'EMAIL_NOT_FOUND']);
      const elsewhere = new Api(product);
      expect(seen(await elsewhere.get(`emails/${read?.mail}?user_id=ada`))).to.deep.equal([404, 'EMAIL_NOT_FOUND']);
      expect(seen(await api.get(`emails/${read?.mail}?user_id=ada`))).to.deep.equal([200, read?.mail]);
      const path = `/api/v1/missions/${listed?.mission}/emails`;
      expect((await api.get(path, asBob)).status).to.equal(404);
      expect(mails(await api.get(path, asAda))).to.deep.equal([listed?.mail]);
      expect(mails(await api.post(`missions/${resumed?.mission}/resume`, {}))).to.deep.equal([resumed?.mail]);
      const followUp = await api.post(`emails/${followed?.mail}/follow-up`, { body: 'And?' });
      expect([followUp.body.code, followUp.body.from]).to.deep.equal(['INVALID_TRANSITION', 'queued']);
    } finally {
      await hearing();
    }
  });
});
