import { Client } from 'pg';
import { expect } from 'chai';
import { connectBus } from '@missions/messaging/connect.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { operators } from './operators.ts';

interface Entry {
  id: string;
  at: string;
  service: string;
  customer_id: string;
  action: string;
  actor: string;
  operator: string | null;
  target_id: string;
  mission_id: string | null;
  result: string;
  channel: string;
}

describe('missions audit', () => {
  let servers: DeployedServers;
  let database: TestDatabase;
  let product: Product;
  let operator: ReturnType<typeof operators>;

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase();
    product = await startProduct({ database, natsUrlFor: servers.natsUrlFor });
    operator = operators(servers, database, product, { OPERATOR: 'olga', ADMIN_DATABASE_URL: database.adminUrl });
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  const listed = async (...args: string[]): Promise<Entry[]> => (await operator.json('audit', ...args)).entries;
  const administrator = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: database.adminUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const asAda = { headers: { 'x-user-id': 'ada' } };
  /** A mission with a question that is answered, and two controls. */
  const deeds = async (api: Api): Promise<string> => {
    const { id } = await api.mission();
    const asked = await api.post(`missions/${id}/input-requests`, { prompt: 'Is this right?' });
    await api.post(`/api/v1/missions/${id}/pause`, {}, asAda);
    await api.post(`/api/v1/input-requests/${asked.body.id}/respond`, { freeform_text: 'Private words.' }, asAda);
    await api.post(`/api/v1/missions/${id}/resume`, {}, asAda);
    return id;
  };

  it('merges the records of all services by time, newest first, without the words of anybody', async () => {
    const api = new Api(product);
    const id = await deeds(api);
    const { stdout } = await operator.execute('audit', '--customer', api.customer, '--json');
    const { entries, next } = JSON.parse(stdout) as { entries: Entry[]; next: string | null };
    expect(entries.map(({ service, action }) => `${service} ${action}`)).to.deep.equal([
      'mission mission.resumed',
      'approval input_request.responded',
      'mission mission.paused',
    ]);
    expect(entries.map(({ mission_id }) => mission_id)).to.deep.equal([id, id, id]);
    expect(next).to.equal(null);
    expect(stdout).not.to.contain('Private words');
  });

  it('separates customers, users, missions, actions and times', async () => {
    const [one, other] = [new Api(product), new Api(product)];
    const [mission, second] = [await deeds(one), await deeds(one)];
    await deeds(other);
    expect(await listed('--customer', one.customer)).to.have.length(6);
    expect(await listed('--customer', one.customer, '--mission', mission)).to.have.length(3);
    expect(await listed('--mission', second, '--action', 'mission.paused')).to.have.length(1);
    expect(await listed('--customer', one.customer, '--user', 'eve')).to.deep.equal([]);
    const [newest, before] = await listed('--mission', second);
    const at = newest?.at ?? '';
    expect((await listed('--mission', second, '--since', at)).map(({ id }) => id)).to.include(newest?.id);
    expect((await listed('--mission', second, '--until', at)).map(({ id }) => id)).to.not.include(newest?.id);
    expect(before?.at).to.be.a('string');
    for (const wrong of [
      ['--action', 'mission.praised'],
      ['--since', 'soon'],
      ['--mission', 'x'],
      ['--limit', '0'],
    ])
      expect((await operator.execute('audit', ...wrong)).code, wrong.join(' ')).to.equal(2);
  });

  it('gives the pages one after another, each entry once', async () => {
    const api = new Api(product);
    await deeds(api);
    await deeds(api);
    const all = await listed('--customer', api.customer);
    const paged: Entry[] = [];
    for (let position: string | null = ''; position !== null;) {
      const from: string[] = position === '' ? [] : ['--before', position];
      const page = await operator.json('audit', '--customer', api.customer, '--limit', '4', ...from);
      paged.push(...page.entries);
      position = page.next;
    }
    expect(paged).to.deep.equal(all);
    expect(all).to.have.length(6);
  });

  it('holds every command of an operator that changes something, with the operator’s name', async () => {
    const api = new Api(product);
    const id = await deeds(api);
    const began = new Date().toISOString();
    const { id: key } = await operator.json('keys', 'create', '--customer', api.customer, '--agent', 'worker');
    await operator.json('keys', 'revoke', key);
    await operator.json('kill-switch', 'on', '--mission', id);
    await operator.json('kill-switch', 'on', '--mission', id);
    await operator.json('kill-switch', 'off', '--mission', id);
    await operator.json('kill-switch', 'on', '--customer', api.customer, '--user', 'ada');
    await operator.json('kill-switch', 'off', '--customer', api.customer, '--user', 'ada');
    await operator.json('provision');
    expect((await operator.execute('dead-letters', 'drop', '999')).code).to.equal(1);
    await operator.json('rebuild-stream', 'MISSION', '--dry-run');
    await administrator(`insert into email_bridge.unread_mail
      (key, via, reverse_path, recipients, size, tries, received_at, set_aside_at)
      values ('a stranger''s words', 'smtp', '', '[]', 1, 3, now(), now())`);
    await operator.json('emails', 'quarantine', 'drop', "a stranger's words");
    await operator.json('erase', id, '--yes');

    const entries = (await listed('--since', began)).toReversed();
    expect(entries.map(({ service, action, result }) => `${service} ${action} ${result}`)).to.deep.equal([
      'gateway key.created done',
      'gateway key.revoked done',
      'scheduler kill_switch.set done',
      'scheduler kill_switch.lifted done',
      'scheduler kill_switch.set done',
      'scheduler kill_switch.lifted done',
      'gateway streams.provisioned attempted',
      'gateway streams.provisioned done',
      'gateway dead_letter.dropped attempted',
      'gateway dead_letter.dropped failed',
      'email-bridge mail.dropped done',
      'mission mission.erased done',
    ]);
    for (const entry of entries) expect(entry).to.include({ actor: 'operator', operator: 'olga', channel: 'cli' });
    expect(entries.map(({ target_id }) => target_id)).to.include.members([key, id]);
    expect(JSON.stringify(entries)).not.to.contain('stranger');
  });

  it('holds what is done in NATS before and after it: letters replayed, a stream rebuilt, messages erased', async () => {
    const observer = await connectBus({
      servers: servers.natsUrlFor(OBSERVER),
      name: OBSERVER,
      logger: createLogger({ service: 'spec', level: 'silent' }),
    });
    // No event: a consumer sends it to the dead letters at once.
    const about = { customer_id: 'acme', user_id: 'ann', mission_id: newId(), version: 1, index: 0 };
    const time = new Date().toISOString();
    const source = '/services/email-bridge';
    await observer.publish({
      ...about,
      id: newId(),
      type: 'approval.responded',
      source,
      time,
      data: { at: 'nonsense' },
    });
    await observer.drain();
    const letter = async (): Promise<{ sequence: number } | undefined> =>
      (await operator.json('dead-letters', 'list', '--service', 'mission'))[0];
    const { sequence } = await waitUntil(letter, { everyMs: 200, what: 'the dead letter' });
    const began = new Date().toISOString();
    await operator.json('dead-letters', 'replay', String(sequence));
    await operator.json('rebuild-stream', 'MISSION');
    await operator.json('erase-messages');
    expect((await operator.execute('dead-letters', 'replay', '999')).code).to.equal(1);

    const entries = (await listed('--since', began)).toReversed();
    const told = (of: (service: string) => boolean) =>
      entries
        .filter(({ service }) => of(service))
        .map(({ action, target_id, result }) => [action, target_id, result].join(' '));
    for (const rebuilt of ['mission', 'approval', 'scheduler', 'email-bridge', 'notifier'])
      expect(
        told((service) => service === rebuilt),
        rebuilt,
      ).to.deep.equal(['stream.rebuilt MISSION attempted', 'stream.rebuilt MISSION done']);
    expect(told((service) => service === 'gateway')).to.deep.equal([
      `dead_letter.replayed ${sequence} attempted`,
      `dead_letter.replayed ${sequence} done`,
      // Rebuilding makes a stream again first, if it is gone.
      'streams.provisioned  attempted',
      'streams.provisioned  done',
      'messages.erased  attempted',
      'messages.erased  done',
      'dead_letter.replayed 999 attempted',
      'dead_letter.replayed 999 failed',
    ]);
    for (const entry of entries) expect(entry).to.include({ actor: 'operator', operator: 'olga', channel: 'cli' });
  });

  it('keeps the entries of an erased mission', async () => {
    const api = new Api(product);
    const id = await deeds(api);
    await operator.json('erase', id, '--yes');
    expect((await listed('--mission', id)).map(({ action }) => action)).to.deep.equal([
      'mission.erased',
      'mission.resumed',
      'input_request.responded',
      'mission.paused',
    ]);
  });

  it('purge deletes what is older than the retention, as the administrator, and says so in the record', async () => {
    const old = (days: number) =>
      administrator(`insert into mission.audit_entries
      (id, at, customer_id, actor, action, target_kind, target_id, channel, result) values
      ('${newId()}', now() - interval '${days} days', 'old', 'user', 'mission.paused', 'mission', '${days}', 'rest', 'done')`);
    await old(401);
    await old(399);
    const asService = operators(servers, database, product, { ADMIN_DATABASE_URL: database.urlFor('mission') });
    expect((await asService.execute('audit', 'purge')).stderr).to.contain('permission denied');
    const { purged } = await operator.json('audit', 'purge');
    expect(purged).to.deep.equal({ mission: 1, approval: 0, scheduler: 0, 'email-bridge': 0, notifier: 0, gateway: 0 });
    expect((await listed('--customer', 'old')).map(({ target_id }) => target_id)).to.deep.equal(['399']);
    const [recorded] = await listed('--action', 'audit.purged');
    expect(recorded).to.include({ operator: 'olga', service: 'mission', target_id: 'mission' });
  });
});
