import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Database } from '@missions/persistence/database.ts';
import { schemaDrift } from '@missions/persistence/schema-drift.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { servers } from '@missions/test-support/stack.ts';
import { callerOf } from '../http/caller.ts';
import { authenticator, userAuthenticator } from '../http/credentials.ts';
import type { Principal } from '../http/principal.ts';
import { openKeyDatabase } from './database.ts';
import { createKey, listKeys, revokeKey, TooManyKeys } from './manage.ts';

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

  const make = async (more: { agent_id?: string; users?: string[] } = {}) => {
    const id = newId();
    const agent_id = more.agent_id ?? `agent-${id}`;
    return {
      id,
      agent_id,
      key: await createKey(
        db,
        { customer_id: 'acme', agent_id, users: more.users ?? null, label: 'spec' },
        id,
        new Date(),
      ),
    };
  };
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
    expect(await revokeKey(db, id, new Date())).to.equal(true);
    expect(await refused(authenticate(bearer(key)))).to.equal('UNAUTHENTICATED');
    expect(await revokeKey(db, id, new Date())).to.equal(false);
  });

  it('are at most two per agent, also when twenty are created at once', async () => {
    const agent_id = 'rotated';
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => make({ agent_id })));
    expect(outcomes.filter((it) => it.status === 'fulfilled')).to.have.length(2);
    for (const it of outcomes) if (it.status === 'rejected') expect(it.reason).to.be.instanceOf(TooManyKeys);
    const [one] = (await listKeys(db, 'acme')).filter((key) => key.agent_id === agent_id);
    await revokeKey(db, one?.id ?? '', new Date());
    await make({ agent_id });
  });

  it('are not created for names that no caller could send', async () => {
    const good = { customer_id: 'acme', agent_id: 'named', users: ['ada'], label: 'spec' };
    const outcome = (more: object): Promise<unknown> =>
      createKey(db, { ...good, ...more }, newId(), new Date()).catch((error: unknown) => error);
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

    it('the users they were given only, and must name one of several', async () => {
      expect(named(['ada', 'bob'], { 'x-user-id': 'bob' }).user_id).to.equal('bob');
      expect(await codeOf(() => named(['ada', 'bob'], {}, { user_id: 'eve' }))).to.equal('FORBIDDEN');
      expect(await codeOf(() => named(['ada', 'bob']))).to.equal('VALIDATION_FAILED');
      expect(named(['ada']).user_id).to.equal('ada');
      expect(await codeOf(() => named([], {}, {}))).to.equal('VALIDATION_FAILED');
    });
  });
});
