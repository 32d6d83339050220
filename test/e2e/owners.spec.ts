import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Api, type ApiResponse } from '@missions/test-support/api.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { asAdministrator, plantRows } from './held-rows.ts';
import { openTables } from './open-tables.ts';
import { operators } from './operators.ts';
import { tracesInFiles, tracesInTables } from './traces.ts';

/** What stays by decision 0038: the record of deeds, and the ids in the event that tells of each erased mission. */
const stays = (row: string): boolean =>
  /^\w+\.audit_entries:/.test(row) || (row.startsWith('mission.outbox:') && row.includes('mission.erased'));
const tableOf = (row: string): string => row.slice(0, row.indexOf(':'));

describe('the erasure and the export of users and customers', () => {
  let running: SharedProduct;
  let operator: ReturnType<typeof operators>;
  before(async () => {
    running = await product();
    operator = operators(running.servers, running.database, running);
  });

  const traces = async (text: string): Promise<string[]> =>
    (await tracesInTables(running.database.adminUrl, text)).filter((row) => !stays(row));
  const done = ({ status, body, text }: ApiResponse): any => {
    expect(status, text).to.be.within(200, 299);
    return body;
  };
  const named = () => `user-${randomUUID()}`;

  /** A user with a mission, mail, a question and, in every table, a row. */
  async function settle(api: Api, user: string): Promise<{ mark: string; id: string; tables: string[] }> {
    const mark = `${randomUUID()}x`;
    const { id } = await api.mission({ user_id: user, title: mark, tasks: [{ title: mark }] });
    const as = { headers: { 'x-user-id': user, 'idempotency-key': `${user} key` } };
    done(await api.insist('POST', `missions/${id}/input-requests`, { body: { prompt: mark } }));
    const mail = { user_id: user, to: ['sarah@example.com'], subject: mark, body: mark };
    done(await api.insist('POST', 'emails', { body: mail }));
    const signal = { kind: 'webhook', reference: 'x', user_id: user, data: { mark } };
    done(await api.insist('POST', 'signals', { ...as, body: signal }));
    await waitUntil(() => tracesInFiles(running.outbox, mark).length > 0, { everyMs: 100, what: 'the sent e-mail' });
    const owner = { customer_id: api.customer, user_id: user, mission_id: id };
    return { mark, id, tables: await plantRows(running.database.adminUrl, owner) };
  }

  /** Two keys of agents: one for this user alone, and one for another as well. */
  const keysFor = (customer: string, user: string, other: string) =>
    asAdministrator(running.database.adminUrl, (client) =>
      client.query(
        `insert into gateway.agent_key (id, customer_id, agent_id, users, hash, label, created_at)
         select gen_random_uuid(), $1, 'a', users, 'x', '', now()
           from set_config('search_path', 'gateway', false), unnest($2::jsonb[]) users`,
        [customer, [JSON.stringify([user]), JSON.stringify([user, other])]],
      ),
    );
  const keysOf = (customer: string) =>
    asAdministrator(running.database.adminUrl, async (client) => {
      const sql =
        "select users, revoked_at is not null as ended from gateway.agent_key where customer_id = $1 and agent_id = 'a'";
      return (await client.query(sql, [customer])).rows;
    });

  /** The tables whose rows of the user the export shows, or says that it leaves out. */
  async function exported(customer: string, user: string): Promise<string[]> {
    const { code, stdout, stderr } = await operator.execute('export', '--user', customer, user);
    expect(code, stderr).to.equal(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).to.deep.equal({ complete: true });
    const leftOut = lines.filter(({ left_out }) => left_out?.columns === 'all');
    for (const { left_out } of leftOut) expect(left_out.why).to.match(/\w/);
    for (const { service, table, row } of lines)
      if (row) expect(row, `${service} ${table}`).to.not.have.any.keys('hash', 'token', 'endpoint', 'auth', 'secret');
    const shown = lines.filter(({ row }) => row && JSON.stringify(row).includes(user));
    return [...shown, ...leftOut].map(({ service, table }) => `${service.replace('-', '_')}.${table}`);
  }

  it('show all of a user, and leave nothing of it in any table, stream or sent file, and all of the others', async () => {
    const api = new Api(running);
    const [user, other] = [named(), named()];
    const { mark, tables } = await settle(api, user);
    await keysFor(api.customer, user, other);
    const kept = await settle(api, other);
    const held = [...new Set((await traces(user)).map(tableOf))];
    expect(held).to.include.members(tables);
    expect(await exported(api.customer, user)).to.include.members(held);
    const before = await traces(other);

    const preview = await operator.execute('erase-user', api.customer, user);
    expect([preview.code, preview.stderr.includes('Add --yes to do it.')]).to.deep.equal([1, true]);
    const { code, stdout, stderr } = await operator.execute('erase-user', api.customer, user, '--yes');
    expect(code, stdout + stderr).to.equal(0);

    for (const text of [user, mark]) expect((await traces(text)).map((row) => row.slice(0, 300))).to.deep.equal([]);
    expect(tracesInFiles(running.servers.natsFolder, mark)).to.deep.equal([]);
    expect(tracesInFiles(running.outbox, mark)).to.deep.equal([]);
    // More may have come: notices are told as time goes by.
    expect((await traces(other)).map(tableOf)).to.include.members(before.map(tableOf));
    expect((await api.get(`missions/${kept.id}?user_id=${other}`)).status).to.equal(200);
    expect(await keysOf(api.customer)).to.have.deep.members([
      { users: [], ended: true },
      { users: [other], ended: false },
    ]);
    const deeds = (await operator.json('audit', '--customer', api.customer, '--action', 'user.erased')).entries;
    expect(deeds.map((one: any) => [one.target_id, one.result])).to.deep.equal([
      [user, 'done'],
      [user, 'attempted'],
    ]);
  });

  it('hold while agents go on: what comes later is refused, and of the questions of others only the id stays', async () => {
    const api = new Api(running);
    const [user, other] = [named(), named()];
    await api.mission({ user_id: user });
    const { id } = await api.mission({ user_id: other });
    const ask = { prompt: 'Does the budget hold?', assignees: [user] };
    const asked = done(await api.insist('POST', `missions/${id}/input-requests`, { body: ask }));
    const as = { headers: { 'x-user-id': user } };
    const question = `/api/v1/input-requests/${asked.id}`;
    await waitUntil(async () => (await api.get(question, as)).status === 200, { everyMs: 100, what: 'the question' });
    done(await api.insist('POST', `${question}/respond`, { ...as, body: { freeform_text: 'Yes.' } }));

    const agent = async (): Promise<ApiResponse> => {
      for (;;) {
        const answer = await api.post('missions', { user_id: user, title: 'From an agent' });
        // A busy machine may have no answer in time.
        if (![201, 503, 504].includes(answer.status)) return answer;
      }
    };
    const agents = Promise.all(Array.from({ length: 4 }, agent));
    const { code, stdout, stderr } = await operator.execute('erase-user', api.customer, user, '--yes');
    expect((await agents).map(({ status, body }) => [status, body.code])).to.deep.equal(
      Array.from({ length: 4 }, () => [410, 'USER_ERASED']),
    );
    expect(code, stdout + stderr).to.equal(0);
    for (const answer of [
      await api.send('PATCH', '/api/v1/notifications/preferences', { ...as, body: { digest_hour: 9 } }),
      await api.post('emails', { user_id: user, to: ['sarah@example.com'], subject: 'Late', body: 'Late' }),
      await api.post('signals', { kind: 'webhook', reference: 'x', user_id: user }),
    ])
      expect([answer.status, answer.body.code], answer.text).to.deep.equal([410, 'USER_ERASED']);

    const left = await traces(user);
    const ofOthers = (row: string): boolean => row.includes(id) || row.includes(asked.id);
    expect(left.filter((row) => !ofOthers(row)).map((row) => row.slice(0, 300))).to.deep.equal([]);
    expect(left.map(tableOf)).to.include('approval.input_request').and.not.include('approval.input_person');
    const asOther = { headers: { 'x-user-id': other } };
    const shown = await api.get(question, asOther);
    expect(shown.body.response.responded_by).to.equal(user);

    const late = done(await api.insist('POST', `missions/${id}/input-requests`, { body: ask }));
    const place = `/api/v1/input-requests/${late.id}`;
    await waitUntil(async () => (await api.get(place, asOther)).status === 200, { everyMs: 100 });
    done(await api.insist('POST', `${place}/respond`, { ...asOther, body: { freeform_text: 'I say so.' } }));
    const isTold = async () => (await tracesInTables(running.database.adminUrl, late.id)).map(tableOf);
    await waitUntil(async () => (await isTold()).includes('notifier.subject'), { everyMs: 100 });
    const rowsOf = `select 'subject' from notifier.subject where user_id = $1
      union all select 'item' from mission.inbox_item where user_id = $1`;
    const database = running.database.adminUrl;
    const { rows: mine } = await asAdministrator(database, (client) => client.query(rowsOf, [user]));
    expect(mine).to.deep.equal([]);
    await operator.json('readmit', api.customer, user);
    await api.mission({ user_id: user });
  });

  it('find every table that takes rows of users or customers closed, or say why it need not be', async () => {
    const { open, closed, needless } = await openTables(running.database.adminUrl);
    expect({ open, needless }).to.deep.equal({ open: [], needless: [] });
    expect(closed).to.include.members(['mission.mission', 'notifier.subject', 'gateway.user_session']);
  });

  it('take nothing while a part cannot be reached, then a customer with all users, whatever was left before', async () => {
    const api = new Api(running);
    const user = named();
    const { mark, id } = await settle(api, user);
    const hook = { url: 'https://receiver.example/hook', types: ['mission.*'] };
    done(await api.insist('POST', 'webhooks', { body: hook }));
    const without = (env: Record<string, string>) =>
      operators(running.servers, running.database, running, env).execute(
        'erase-customer',
        api.customer,
        '--yes',
        '--json',
      );
    const first = await without({ NOTIFIER_DATABASE_URL: 'postgres://notifier:x@127.0.0.1:1/postgres' });
    expect([first.code, first.value.left], first.stderr).to.deep.equal([1, ['notifier']]);
    expect((await api.get(`missions/${id}?user_id=${user}`)).status).to.equal(200);
    const second = await without({ ERASER_NATS_URL: 'nats://eraser:x@127.0.0.1:1' });
    expect([second.code, second.value.left], second.stderr).to.deep.equal([1, ['streams']]);
    expect(tracesInFiles(running.servers.natsFolder, mark)).not.to.deep.equal([]);
    const third = await without({});
    expect(third.code, third.stderr).to.equal(0);
    for (const text of [api.customer, mark])
      expect((await traces(text)).map((row) => row.slice(0, 300))).to.deep.equal([]);
    expect(tracesInFiles(running.servers.natsFolder, mark)).to.deep.equal([]);
    expect((await api.post('missions', { user_id: named(), title: 'Late' })).status).to.equal(410);
  });
});
