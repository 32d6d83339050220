import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { databaseProblem } from './error-mapping.ts';
import type { Database } from './database.ts';
import { appendToOutbox } from './outbox/append.ts';
import { startRelay } from './outbox/relay.ts';
import { logger, scratch, type Scratch, someEvent } from './testing/scratch.ts';
import { statement } from './statement.ts';
import { autocommit, transaction } from './transaction.ts';
import { unitOfWork } from './unit-of-work.ts';

const one = statement('spec.half-open.one', 'select 1 as one');

/**
 * A proxy to PostgreSQL that can go silent: open connections then carry nothing more and never close; new connections
 * work.
 */
async function line(url: string) {
  const target = new URL(url);
  const through = new URL(url);
  let open: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
    open.push([near, far]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  through.port = String((server.address() as AddressInfo).port);
  const silenced: [Socket, Socket][] = [];
  return {
    url: through.href,
    goSilent(): void {
      for (const [near, far] of open) {
        near.unpipe(far);
        far.unpipe(near);
        // Data is still read from the network, so that the client's end of the connection looks healthy.
        near.resume();
        far.resume();
      }
      silenced.push(...open);
      open = [];
    },
    /** Closes PostgreSQL's end, as a failed keep-alive does in the end. */
    hangUp: () => silenced.forEach(([, far]) => far.destroy()),
    async close(): Promise<void> {
      for (const socket of [...open, ...silenced].flat()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a connection that goes silent', () => {
  let database: Scratch;
  let wire: Awaited<ReturnType<typeof line>>;
  let db: Database;
  beforeEach(async () => {
    database = await scratch();
    wire = await line(database.db.options.url);
    // query_timeout is two seconds longer.
    db = await database.another({ url: wire.url, statementTimeoutMs: 200, poolSize: 3 });
  });
  afterEach(async () => {
    await database.close();
    await wire.close();
  });

  it('fails the calls on the connection, and no later ones', async () => {
    const use = () => [
      autocommit(db).run(one),
      transaction(db, (tx) => tx.run(one)),
      unitOfWork(db, (_em, tx) => tx.run(one)),
    ];
    await Promise.all(use());
    wire.goSilent();
    const codes = await Promise.all(
      use().map((call) =>
        call.then(
          () => 'none',
          (error: unknown) => databaseProblem(error)?.code,
        ),
      ),
    );
    expect(codes).to.deep.equal(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
    expect(await Promise.all(use())).to.deep.equal([[{ one: 1 }], [{ one: 1 }], [{ one: 1 }]]);
    expect(db.pool.totalCount - db.pool.idleCount).to.equal(0);
  });

  it('is noticed by the relay, which goes on over another connection', async () => {
    const sent: string[] = [];
    const relay = startRelay({ db, publish: async ({ id }) => void sent.push(id), logger, pollMs: 100 });
    await waitUntil(() => relay.state() === 'active');
    wire.goSilent();
    const event = someEvent('m1');
    await transaction(database.db, (tx) => appendToOutbox(tx, [event]));
    await waitUntil(() => relay.state() !== 'active');
    expect(sent).to.deep.equal([]);
    wire.hangUp();
    await waitUntil(() => sent.length > 0);
    expect(sent).to.deep.equal([event.id]);
    await relay.stop();
  });
});
