import { Client } from 'pg';
import { expect } from 'chai';
import { servers } from '@missions/test-support/stack.ts';
import { SERVICES } from '@missions/test-support/test-database.ts';
import { provision } from '../dev-servers/provision.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/** Each statement on a connection of its own. */
async function run(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const refusal = (url: string, sql: string): Promise<unknown> =>
  run(url, sql).then(
    () => 'it was done',
    (error: { code?: string }) => error.code,
  );

const entry = (service: string): string => `insert into ${service}.audit_entries
  (id, customer_id, actor, action, target_kind, target_id, channel, result)
  values (gen_random_uuid(), 'acme', 'user', 'mission.paused', 'mission', 'm', 'rest', 'done')`;

/** What whoever steals the login of a service would try, to remove its traces. */
const attempts = (service: string): string[] => [
  `update ${service}.audit_entries set actor = 'product'`,
  `delete from ${service}.audit_entries`,
  `truncate ${service}.audit_entries`,
  `drop table ${service}.audit_entries`,
  `drop schema ${service} cascade`,
  `alter table ${service}.audit_entries rename to gone`,
  `alter schema ${service} rename to gone`,
  `alter table ${service}.audit_entries disable trigger all`,
  `drop trigger audit_entries_stay on ${service}.audit_entries`,
  `create or replace function ${service}.keep_audit_entries() returns trigger language plpgsql as 'begin return old; end'`,
  `create trigger a before insert on ${service}.audit_entries for each row execute function ${service}.keep_audit_entries()`,
  `insert into ${service}.audit_entries (id, at, customer_id, actor, action, target_kind, target_id, channel, result)
     values (gen_random_uuid(), '2001-01-01', 'acme', 'user', 'mission.paused', 'mission', 'm', 'rest', 'done')`,
];

describe('the audit record', () => {
  for (const service of SERVICES) {
    it(`can only be appended to by the login of ${service}`, async () => {
      const database = await (await servers()).freshDatabase({ services: [service] });
      const own = database.urlFor(service);
      await run(own, entry(service));
      // A right that the role gives itself must change nothing.
      await run(own, `grant all on ${service}.audit_entries to ${service}`).catch(() => {});
      for (const attempt of attempts(service))
        expect(await refusal(own, attempt), attempt).to.equal(INSUFFICIENT_PRIVILEGE);
      expect(await run(own, `select actor from ${service}.audit_entries`)).to.deep.equal([{ actor: 'user' }]);
    });
  }

  it('is closed to the logins of other services', async () => {
    const database = await (await servers()).freshDatabase();
    const other = database.urlFor('approval');
    expect(await refusal(other, 'select from mission.audit_entries')).to.equal(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(other, entry('mission'))).to.equal(INSUFFICIENT_PRIVILEGE);
  });

  it('is changed by nobody, and keeps 30 days also from the administrator', async () => {
    const { adminUrl, urlFor } = await (await servers()).freshDatabase({ services: ['mission'] });
    await run(urlFor('mission'), entry('mission'));
    for (const attempt of ['update mission.audit_entries set code = null', 'truncate mission.audit_entries'])
      expect(await refusal(adminUrl, attempt), attempt).to.equal(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(adminUrl, 'delete from mission.audit_entries')).to.equal(INSUFFICIENT_PRIVILEGE);
    await run(
      adminUrl,
      `insert into mission.audit_entries (id, at, customer_id, actor, action, target_kind, target_id, channel, result)
         values (gen_random_uuid(), now() - interval '31 days', 'acme', 'user', 'mission.paused', 'mission', 'old', 'rest', 'done')`,
    );
    await run(adminUrl, `delete from mission.audit_entries where target_id = 'old'`);
    expect(await run(adminUrl, 'select target_id from mission.audit_entries')).to.deep.equal([{ target_id: 'm' }]);
  });

  it('is added to a database of an older version, whose services owned their schemas, and keeps its tables', async () => {
    const { adminUrl, urlFor } = await (await servers()).freshDatabase({ services: ['mission'] });
    const own = urlFor('mission');
    await run(
      adminUrl,
      'drop table mission.audit_entries; drop function mission.keep_audit_entries(); alter schema mission owner to mission',
    );
    await run(own, 'create table mission.kept (id int); insert into mission.kept values (1)');
    await provision(adminUrl, [{ name: 'mission', password: 'mission' }]);
    await run(own, 'alter table mission.kept add column more int; create table mission.later (id int)');
    expect(await run(own, 'select id from mission.kept')).to.deep.equal([{ id: 1 }]);
    await run(own, entry('mission'));
    expect(await refusal(own, 'drop table mission.audit_entries')).to.equal(INSUFFICIENT_PRIVILEGE);
  });
});
