import { expect } from 'chai';
import { Client } from 'pg';
import { servers } from '@missions/test-support/stack.ts';
import { provision } from './provision.ts';

async function connects(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

describe('provisioning', () => {
  const name = 'provisioned';

  it('can be repeated, and changes the password', async () => {
    const { adminUrl } = await (await servers()).freshDatabase({ services: [] });
    const before = await provision(adminUrl, [{ name, password: 'one' }]);
    await run(before[name] ?? '', 'create table kept (id int)');
    const after = await provision(adminUrl, [{ name, password: `two ' % @ "` }]);
    expect(await connects(before[name] ?? '')).to.equal(false);
    await run(after[name] ?? '', 'select from kept');
  });

  it('can be run concurrently', async () => {
    const { adminUrl } = await (await servers()).freshDatabase({ services: [] });
    const logins = [{ name: 'crowded', password: 'x' }];
    const results = await Promise.all(Array.from({ length: 8 }, () => provision(adminUrl, logins)));
    expect(await connects(results[7]?.['crowded'] ?? '')).to.equal(true);
  });

  it('needs no superuser, only a role that may create roles and owns the database', async () => {
    const { adminUrl, name: database } = await (await servers()).freshDatabase({ services: [] });
    const owner = `owner_of_${database}`;
    await run(
      adminUrl,
      `create role ${owner} login createrole password 'x'; alter database ${database} owner to ${owner};`,
    );
    const url = new URL(adminUrl);
    url.username = owner;
    url.password = 'x';
    const service = `service_of_${database}`;
    for (let round = 0; round < 2; round++) {
      const urls = await provision(url.href, [{ name: service, password: 'y' }]);
      await run(urls[service] ?? '', 'create table if not exists mine (id int)');
    }
  });

  it('says what to do where the database or a role is another administrator’s, and changes nothing', async () => {
    const { adminUrl, name: database } = await (await servers()).freshDatabase({ services: [] });
    const [owner, other] = [`first_of_${database}`, `second_of_${database}`];
    await run(
      adminUrl,
      `create role ${owner} login createrole password 'x'; create role ${other} login createrole password 'x';
       alter database ${database} owner to ${owner}`,
    );
    const as = (login: string) => adminUrl.replace(/\/\/.*@/, `//${login}:x@`);
    const service = `of_${database}`;
    const refusalOf = (login: string) =>
      provision(as(login), [{ name: service, password: 'z' }]).catch(
        (error: { message: string; hint: string }) => error,
      );
    expect(await refusalOf(other)).to.include({
      message: `the database ${database} belongs to ${owner}, so ${other} cannot set it up`,
    });
    const urls = await provision(as(owner), [{ name: service, password: 'y' }]);
    await run(adminUrl, `alter database ${database} owner to ${other}`);
    const refused = (await refusalOf(other)) as { message: string; hint: string };
    expect(refused.message).to.contain(`the role ${service} was made by another administrator`);
    expect(await connects(urls[service] ?? '')).to.equal(true);
    await run(adminUrl, refused.hint.split(': ')[1] ?? '');
  });
});
