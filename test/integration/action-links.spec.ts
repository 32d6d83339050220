import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { Api } from '@missions/test-support/api.ts';
import { auditEntries } from '@missions/test-support/audit-entries.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

/** From a mail to the answered question: the link, and the button of its page. */
describe('a link in a mail by which a question is decided', function () {
  this.timeout(180_000);
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;
  let sql: Client;
  let api: Api;

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    const env = { notifier: { ACTION_LINKS_CUSTOMERS: 'others, linked' } };
    product = await startProduct({ database, natsUrlFor: servers.natsUrlFor, env });
    sql = new Client({ connectionString: database.adminUrl });
    await sql.connect();
    api = new Api(product, 'linked');
    // One user is told once a minute.
    for (const [customer, user] of [
      ['linked', 'ada'],
      ['linked', 'bob'],
      ['linked', 'eve'],
      ['plain', 'ada'],
    ])
      await sql.query(
        `insert into notifier.person (customer_id, user_id, email, preferences, updated_at)
         values ($1, $2, $2 || '@example.com', '{}', now())`,
        [customer, user],
      );
  });
  after(async () => {
    await sql?.end();
    await product?.stop();
    await servers?.stop();
  });

  const mailAbout = (mark: string): Promise<string> =>
    waitUntil(
      () =>
        readdirSync(product.outbox)
          .filter((file) => file.endsWith('.eml'))
          .map((file) =>
            readFileSync(join(product.outbox, file), 'utf8').replaceAll(/=\r\n/g, '').replaceAll('=3D', '='),
          )
          .find((mail) => mail.includes(mark)),
      { withinMs: 60_000, what: `a mail about ${mark}` },
    );
  const options = [
    { id: 'yes', label: 'Yes, please' },
    { id: 'no', label: 'No <b>' },
  ];
  const ask = async (
    of: Api,
    user_id: string,
    prompt: string,
    more: object = {},
  ): Promise<{ id: string; mission: string; mail: string }> => {
    const mission = await of.mission({ user_id });
    const body = { prompt, options, urgency: 'high', ...more };
    const { id } = (await of.insist('POST', `missions/${mission.id}/input-requests`, { body })).body;
    return { id, mission: mission.id, mail: await mailAbout(prompt) };
  };
  const linkIn = (mail: string): string => {
    const [, path = ''] = /(\/a\/[A-Za-z0-9_-]{43}\?choice=yes)/.exec(mail) ?? [];
    expect(path, mail).not.to.equal('');
    return product.origin + path;
  };
  const read = async ({ id, mission }: { id: string; mission: string }) =>
    (await api.get(`missions/${mission}/input-requests/${id}`)).body;
  const press = (link: string) => fetch(link, { method: 'POST', redirect: 'manual' });

  it('decides by one press, which two presses at once do not do twice, and stands in the audit', async () => {
    const question = await ask(api, 'ada', 'Which shade of mauve?');
    const link = linkIn(question.mail);
    const token = /\/a\/([^?]+)/.exec(link)?.[1] ?? '';
    const { rows } = await sql.query('select * from notifier.action_link');
    expect(JSON.stringify(rows)).not.to.contain(token);

    const opened = [{}, { method: 'HEAD' }, { headers: { purpose: 'prefetch' } }, { headers: { range: 'bytes=0-' } }];
    const opens = Array.from({ length: 100 }, (_, time) => opened[time % opened.length] as RequestInit);
    await Promise.all(
      opens.map(async (init) => {
        const answer = await fetch(link, init);
        expect(answer.status).to.equal(200);
        expect(answer.headers.get('referrer-policy')).to.equal('no-referrer');
        expect(answer.headers.get('cache-control')).to.contain('no-store');
        expect(answer.headers.get('content-security-policy')).to.contain("default-src 'none'");
        const page = await answer.text();
        if (init.method !== 'HEAD') expect(page).to.contain('Which shade of mauve?').and.contain('Yes, please');
        expect(page).not.to.contain('<script');
      }),
    );
    expect((await read(question)).status).to.equal('pending');

    const presses = await Promise.all([press(link), press(link.replace('yes', 'no'))]);
    const pages = await Promise.all(presses.map((one) => one.text()));
    for (const page of pages) expect(page).to.contain('Decided by ada');
    const { status, response } = await read(question);
    expect(status).to.equal('responded');
    expect(response).to.include({ responded_by: 'ada', via: 'link' });
    const label = response.selected_option === 'yes' ? 'Yes, please' : 'No &lt;b&gt;';
    for (const page of pages) expect(page).to.contain(label);

    expect(await (await press(link)).text()).to.contain('Decided by ada');
    expect((await read(question)).response).to.deep.equal(response);
    const mission = async () => (await api.get(`missions/${question.mission}`)).body;
    await waitUntil(async () => (await mission()).status === 'active', {
      withinMs: 30_000,
      what: 'the mission to go on',
    });
    const entries = await auditEntries(database, 'linked', ['approval']);
    expect(
      entries.filter(({ action, result }) => action === 'input_request.responded' && result === 'done'),
    ).to.have.length(1);
  });

  it('decides nothing that cannot be undone, and shows so', async () => {
    const question = await ask(api, 'bob', 'Which shade of magenta?', { context: { irreversible: true } });
    const answer = await press(linkIn(question.mail));
    expect(answer.status).to.equal(403);
    expect(await answer.text()).to.contain('cannot be undone');
    expect((await read(question)).status).to.equal('pending');
  });

  it('is dead when its time is over, and where the token is none', async () => {
    const question = await ask(api, 'eve', 'Which shade of maroon?');
    const link = linkIn(question.mail);
    await sql.query(`update notifier.action_link set expires_at = now() - interval '1 minute' where request_id = $1`, [
      question.id,
    ]);
    for (const dead of [link, `${product.origin}/a/${'x'.repeat(43)}?choice=yes`, `${product.origin}/a/short`])
      for (const answer of [await fetch(dead), await press(dead)]) expect(answer.status, dead).to.equal(404);
    expect((await read(question)).status).to.equal('pending');
  });

  it('is in no mail of a customer whose operator has not turned it on', async () => {
    const { id, mail } = await ask(new Api(product, 'plain'), 'ada', 'Which shade of mint?');
    expect(mail).to.contain(`/q/${id}?choice=yes`).and.not.contain('/a/');
  });
});
