import { expect } from 'chai';
import { connect } from 'node:net';
import { Client } from 'pg';
import { servers } from './stack.ts';
import { waitUntil } from './wait-until.ts';

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

async function refusal(url: string, sql: string): Promise<string> {
  return await ask(url, sql).then(
    () => 'none',
    (error: { code: string }) => error.code,
  );
}

const INSUFFICIENT_PRIVILEGE = '42501';

describe('the servers of a test run', () => {
  it('give each service a schema of its own', async () => {
    const database = await (await servers()).freshDatabase();
    const own = database.urlFor('mission');
    await ask(own, 'create table thing (id int)');
    expect(
      await ask(own, 'select current_user as role, tableowner, schemaname from pg_tables where tablename = $$thing$$'),
    ).to.deep.equal({
      role: 'mission',
      tableowner: 'mission',
      schemaname: 'mission',
    });
  });

  it('deny each service access to other schemas, to public and to the database', async () => {
    const database = await (await servers()).freshDatabase();
    await ask(database.urlFor('mission'), 'create table thing (id int)');
    const other = database.urlFor('approval');
    expect(await refusal(other, 'select * from mission.thing')).to.equal(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(other, 'create table mission.mine (id int)')).to.equal(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(other, 'create table public.mine (id int)')).to.equal(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(other, 'create schema mine')).to.equal(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(other, 'set role mission')).to.equal(INSUFFICIENT_PRIVILEGE);
  });

  it('give each database its own tables', async () => {
    const both = await Promise.all([(await servers()).freshDatabase(), (await servers()).freshDatabase()]);
    await Promise.all(both.map((database) => ask(database.urlFor('mission'), 'create table thing (id int)')));
    expect(both[0].name).not.to.equal(both[1].name);
  });

  it('include NATS with JetStream', async () => {
    const { hostname, port } = new URL((await servers()).natsUrl);
    const greeting = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString());
      });
      socket.once('error', reject);
    });
    expect(JSON.parse(greeting.slice('INFO '.length))).to.include({ jetstream: true });
  });
});

describe('waitUntil', () => {
  it('resolves with the value of the condition', async () => {
    let asked = 0;
    expect(await waitUntil(() => (++asked > 2 ? asked : undefined))).to.equal(3);
  });

  it('fails after its time limit, names the condition, and keeps the last error as cause', async () => {
    const wrong = new Error('wrong');
    const failed = (): never => {
      throw wrong;
    };
    const error = await waitUntil(failed, { withinMs: 1, what: 'the moon' }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Error).with.property('message', 'the moon did not hold within 1 ms');
    expect(error).to.have.property('cause', wrong);
  });
});
