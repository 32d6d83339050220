import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Database } from '@missions/persistence/database.ts';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import { callerOf, refuseBeyondScopes } from '../http/caller.ts';
import { authenticator, userAuthenticator } from '../http/credentials.ts';
import type { Principal } from '../http/principal.ts';
import { openKeyDatabase } from './database.ts';
import { createKey, listKeys, type NewKey, NoSuchEnd, revokeKey, TooManyKeys } from './manage.ts';

/** `mak_<32 hexadecimal digits>_`; the secret after it may itself hold underscores. */
const KEY_PREFIX_LENGTH = 37;

const SECRET = 'the-service-secret';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("agents' keys", () => {
  let db: Database;
  let authenticate: (headers: { authorization?: string }) => Promise<Principal>;
  before(async () => {
    const database = await (await servers()).freshDatabase({ services: ['gateway'] });
    db = await openKeyDatabase(database.urlFor('gateway'), createLogger({ service: 'spec', level: 'error' }));
    authenticate = authenticator([SECRET], db);
  });
  after(() => db.close());

  const make = async (more: Partial<NewKey> = {}) => {
    const id = newId();
    const key = { customer_id: 'acme', agent_id: `agent-${id}`, users: null, label: 'spec', ...more };
    return { id, agent_id: key.agent_id, key: await createKey(db, key, id) };
  };
  const expires = (id: string) =>
    db.pool.query("update agent_key set expires_at = now() - interval '1 ms', last_used_at = null where id = $1", [id]);
  const refused = async (attempt: Promise<unknown>): Promise<string> => {
    try {
      await attempt;
    } catch (error) {
      if (error instanceof Problem) return error.code;
      throw error;
    }
    return 'accepted';
  };

  it('are stored in a table without drift from its entity', async () => {
    expect(await schemaDrift(db)).to.equal('');
  });

  it('name their customer, agent and users', async () => {
    const { id, agent_id, key } = await make({ users: ['ada'] });
    expect(await authenticate(bearer(key))).to.deep.equal({
      kind: 'agent',
      credential: `key:${id}`,
      customer_id: 'acme',
      agent_id,
      users: ['ada'],
      scopes: null,
    });
  });

  it('are not stored: the table holds nothing that authenticates', async () => {
    const { id, key } = await make();
    const { rows } = await db.pool.query('select * from agent_key where id = $1', [id]);
    expect(JSON.stringify(rows)).to.not.include(key.slice(KEY_PREFIX_LENGTH));
  });

  it('are refused when one character differs, when cut short, or when made up', async () => {
    const { key } = await make();
    const last = key.at(-2) === 'A' ? 'B' : 'A';
    for (const wrong of [
      `${key.slice(0, -2)}${last}${key.at(-1)}`,
      key.slice(0, -1),
      `${key}x`,
      'mak_',
      `mak_${'0'.repeat(32)}_${'a'.repeat(43)}`,
      'nonsense',
    ]) {
      expect(await refused(authenticate(bearer(wrong))), wrong).to.equal('UNAUTHENTICATED');
    }
  });

  it('stop working with their revocation, at once and for good', async () => {
    const { id, key } = await make();
    await authenticate(bearer(key));
    expect(await revokeKey(db, id)).to.equal(true);
    expect(await refused(authenticate(bearer(key)))).to.equal('UNAUTHENTICATED');
    expect(await revokeKey(db, id)).to.equal(false);
  });

  it('are at most two per agent, also when twenty are created at once', async () => {
    const agent_id = 'rotated';
    // Connections that have to be made first would come one after another.
    const connections = await Promise.all(Array.from({ length: 5 }, () => db.pool.connect()));
    for (const connection of connections) connection.release();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => make({ agent_id })));
    expect(outcomes.filter((it) => it.status === 'fulfilled')).to.have.length(2);
    for (const it of outcomes) if (it.status === 'rejected') expect(it.reason).to.be.instanceOf(TooManyKeys);
    // An agent of the same name is another one elsewhere.
    const elsewhere = await make({ agent_id, customer_id: 'globex' });
    expect((await listKeys(db, 'globex')).map(({ id }) => id)).to.deep.equal([elsewhere.id]);
    const [one] = (await listKeys(db, 'acme')).filter((key) => key.agent_id === agent_id);
    await revokeKey(db, one?.id ?? '');
    await make({ agent_id });
  });

  it('are given scopes, of which there are four, or all of them', async () => {
    const { key } = await make({ scopes: ['missions', 'ask'] });
    expect(await authenticate(bearer(key))).to.deep.include({ scopes: ['missions', 'ask'] });
    for (const scopes of [[], ['mail'], ['missions', ''], ['Email']])
      expect(await make({ scopes: scopes as never }).catch((error: unknown) => error), scopes.join()).to.be.instanceOf(
        RangeError,
      );
  });

  it('end at their time by the clock of the database, and say so to nobody who has not the secret', async () => {
    const { id, agent_id, key } = await make({ expires: 3_600 });
    await authenticate(bearer(key));
    const [shown] = (await listKeys(db)).filter((one) => one.id === id);
    expect(Number(shown?.expires_at) - Number(shown?.created_at)).to.equal(3_600_000);
    await make({ agent_id });
    await expires(id);
    expect(await refused(authenticate(bearer(key)))).to.equal('KEY_EXPIRED');
    expect(await refused(authenticate(bearer(`${key.slice(0, KEY_PREFIX_LENGTH)}${'a'.repeat(43)}`)))).to.equal(
      'UNAUTHENTICATED',
    );
    const [ended] = (await listKeys(db)).filter((one) => one.id === id);
    expect(ended?.last_used_at, 'a use of what has ended').to.equal(null);
    // It is no live key any more, and can still be revoked.
    await make({ agent_id });
    expect(await revokeKey(db, id)).to.equal(true);
    expect(await refused(authenticate(bearer(key)))).to.equal('UNAUTHENTICATED');
  });

  it('are not made for an end that is past, or that nobody would live to see', async () => {
    const year = 365 * 86_400;
    for (const expires of [0, -1, 11 * year, new Date('2020-01-01'), new Date('2999-01-01')])
      expect(await make({ expires }).catch((error: unknown) => error), String(expires)).to.be.instanceOf(NoSuchEnd);
    for (const end of [60, 10 * year, new Date(Date.now() + 86_400_000)]) await make({ expires: end });
  });

  it('are not created for names that no caller could send', async () => {
    const good = { customer_id: 'acme', agent_id: 'named', users: ['ada'], label: 'spec' };
    const outcome = (more: object): Promise<unknown> =>
      createKey(db, { ...good, ...more }, newId()).catch((error: unknown) => error);
    for (const wrong of ['', ' ', 'x'.repeat(256), 'a\u0000b', 'a\nb', '\u001b[2J', '\ud800'])
      for (const more of [{ customer_id: wrong }, { agent_id: wrong }, { users: ['ada', wrong] }])
        expect(await outcome(more), JSON.stringify(more)).to.be.instanceOf(RangeError);
    for (const label of ['x'.repeat(256), 'a\u0000b']) expect(await outcome({ label })).to.be.instanceOf(RangeError);
    expect(await outcome({ agent_id: 'x'.repeat(255), users: ['Zoë'], label: '' })).to.match(/^mak_/);
  });

  it('show their last use, and never their hash', async () => {
    const { id, key } = await make();
    const shown = async () => (await listKeys(db)).find((it) => it.id === id);
    expect(await shown())
      .to.include({ last_used_at: null, label: 'spec' })
      .and.to.not.have.property('hash');
    await authenticate(bearer(key));
    expect((await shown())?.last_used_at).to.not.equal(null);
  });

  it('have their last use written once a minute, by one of two hundred calls at once, and by no stranger', async () => {
    await db.pool.query('create table written (id uuid)');
    await db.pool.query(`create function note() returns trigger language plpgsql
      as 'begin insert into written values (new.id); return new; end'`);
    await db.pool.query('create trigger note after update on agent_key for each row execute function note()');
    const { id, key } = await make();
    const written = async () =>
      (await db.pool.query('select count(*)::int as count from written where id = $1', [id])).rows[0].count;
    const atOnce = () => Promise.all(Array.from({ length: 200 }, () => authenticate(bearer(key))));
    expect(await refused(authenticate(bearer(`${key.slice(0, -1)}_`)))).to.equal('UNAUTHENTICATED');
    expect(await written()).to.equal(0);
    await atOnce();
    expect(await written()).to.equal(1);
    await db.pool.query("update agent_key set last_used_at = now() - interval '61 seconds' where id = $1", [id]);
    await atOnce();
    expect(await written(), 'with the change above').to.equal(3);
    await db.pool.query('drop trigger note on agent_key; drop function note; drop table written');
  });

  it('stand beside two service secrets while one of them is exchanged, and a third is none', async () => {
    const both = authenticator(['the-new-secret', SECRET], db);
    for (const secret of ['the-new-secret', SECRET])
      expect(await both(bearer(secret))).to.deep.equal({ kind: 'service', credential: 'service' });
    for (const secret of ['the-new-secret,the-service-secret', 'the-newer-secret', ''])
      expect(await refused(both(bearer(secret))), secret).to.equal('UNAUTHENTICATED');
    const user = userAuthenticator(['the-new-secret', SECRET], undefined);
    for (const secret of ['the-new-secret', SECRET]) expect(await user(bearer(secret))).to.include({ kind: 'service' });
  });

  it('do not affect the service secret', async () => {
    expect(await authenticate(bearer(SECRET))).to.deep.equal({ kind: 'service', credential: 'service' });
    expect(await refused(authenticate({}))).to.equal('UNAUTHENTICATED');
    expect(await refused(authenticator([SECRET], undefined)(bearer((await make()).key)))).to.equal('UNAUTHENTICATED');
  });

  describe('may name', () => {
    const agent = (users: string[] | null): Principal => ({
      kind: 'agent',
      credential: 'key:1',
      customer_id: 'acme',
      agent_id: 'helper',
      users,
      scopes: null,
    });
    const named = (users: string[] | null, headers = {}, body = {}) => callerOf(agent(users), headers, body, 'default');
    const codeOf = (attempt: () => unknown) => refused((async () => attempt())());

    it('their own customer and agent only', async () => {
      expect(named(null)).to.deep.equal({
        kind: 'agent',
        credential: 'key:1',
        customer_id: 'acme',
        user_id: null,
        agent_id: 'helper',
      });
      expect(await codeOf(() => named(null, { 'x-customer-id': 'other' }))).to.equal('FORBIDDEN');
      expect(await codeOf(() => named(null, { 'x-agent-instance-id': 'other' }))).to.equal('FORBIDDEN');
      expect(await codeOf(() => named(null, {}, { agent_id: 'other' }))).to.equal('FORBIDDEN');
    });

    it('nothing that needs a scope, where they have none', async () => {
      const none = { ...agent(null), scopes: [] } as Principal;
      expect(await codeOf(() => refuseBeyondScopes(none, 'missions'))).to.equal('SCOPE_REQUIRED');
      expect(await codeOf(() => refuseBeyondScopes(agent(null), 'missions'))).to.equal('accepted');
    });

    it('the users they were given only, and must name one of several', async () => {
      expect(named(['ada', 'bob'], { 'x-user-id': 'bob' }).user_id).to.equal('bob');
      expect(await codeOf(() => named(['ada', 'bob'], {}, { user_id: 'eve' }))).to.equal('FORBIDDEN');
      expect(await codeOf(() => named(['ada', 'bob']))).to.equal('VALIDATION_FAILED');
      expect(named(['ada']).user_id).to.equal('ada');
      expect(await codeOf(() => named([], {}, {}))).to.equal('VALIDATION_FAILED');
    });
  });
});
