import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import { currentContext, withContext } from '@missions/runtime/context.ts';
import { newTraceparent, parseTraceparent } from '@missions/runtime/trace.ts';
import { standingInFor } from '@missions/test-support/caller-keys.ts';
import { servers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Bus } from './bus.ts';
import { connectBus } from './connect.ts';
import { endpoint } from './endpoint.ts';
import { caller, contract, refusal, silent } from './testing/request-fixtures.ts';

describe('request and reply', () => {
  let gateway: Bus;
  let mission: Bus;
  const opened: Bus[] = [];

  const open = async (name: string): Promise<Bus> => {
    const bus = await connectBus({
      servers: (await servers()).natsUrl,
      name,
      logger: silent,
      callerKeys: standingInFor('mission'),
    });
    opened.push(bus);
    return bus;
  };

  beforeEach(async () => {
    gateway = await open('gateway');
    mission = await open('mission');
  });
  afterEach(() => Promise.all(opened.splice(0).map((bus) => bus.drain())));

  it('passes the message to the handler and returns the reply unchanged', async () => {
    const create = contract('create');
    let seen: unknown;
    await mission.serve('mission', [
      endpoint(create, async (message) => {
        seen = message;
        return { body: '{"id":  1}', version: 7, replayed: true };
      }),
    ]);
    const idempotency = { scope: 's', key: 'k', hash: 'h' };
    const reply = await gateway.request(create, { caller, idempotency, input: { title: 'Größe 東京' } });
    expect(seen).to.deep.equal({ caller, idempotency, input: { title: 'Größe 東京' } });
    expect(reply.body).to.equal('{"id":  1}');
    expect(reply.json()).to.deep.equal({ id: 1 });
    expect(reply.headers).to.deep.equal({ version: 7, replayed: true });
  });

  it('handles a request of a newer gateway, whose envelope has members that this version does not know', async () => {
    const one = contract('newer');
    await mission.serve('mission', [endpoint(one, async ({ input }) => ({ body: input }))]);
    const idempotency = { scope: 's', key: 'k', hash: 'h', later: { scope: 'l' } };
    const newer = { caller: { ...caller, later: true }, idempotency, later: 1, input: { title: 'taken' } };
    expect((await gateway.request(one, newer)).json()).to.deep.equal({ title: 'taken' });
  });

  it('writes a result object as JSON, and an empty result as null', async () => {
    const [one, none] = [contract('one'), contract('none')];
    await mission.serve('mission', [
      endpoint(one, async () => ({ body: { a: 1 } })),
      endpoint(none, async () => ({ body: null })),
    ]);
    expect((await gateway.request(one, { caller, input: { title: 't' } })).body).to.equal('{"a":1}');
    const reply = await gateway.request(none, { caller, input: { title: 't' } });
    expect(reply.json()).to.equal(null);
    expect(reply.headers).to.deep.equal({});
  });

  it('gives each of many callers its own reply, whatever the order of the replies', async () => {
    const echo = contract('echo');
    const late = Promise.withResolvers<void>();
    await mission.serve('mission', [
      endpoint(echo, async ({ input }) => {
        if (input.title === 'first') await late.promise;
        return { body: input };
      }),
    ]);
    const send = async (title: string) =>
      (await gateway.request(echo, { caller, input: { title } })).json<{ title: string }>().title;
    const first = send('first');
    const titles = Array.from({ length: 200 }, (_, n) => `${n} ${'x'.repeat(n * 50)}`);
    expect(await Promise.all(titles.map(send))).to.deep.equal(titles);
    late.resolve();
    expect(await first).to.equal('first');
  });

  it('returns a refusal with all its members', async () => {
    const move = contract('move');
    const problem = new Problem('INVALID_TRANSITION', 'A closed mission: “ü”\nstays closed.', {
      from: 'completed',
      allowed: [],
    });
    await mission.serve('mission', [endpoint(move, () => Promise.reject(problem))]);
    const caught = await refusal(gateway.request(move, { caller, input: { title: 't' } }));
    expect(caught.toJSON()).to.deep.equal(problem.toJSON());
  });

  it('maps any other error, asynchronous or not, to INTERNAL, and discloses nothing of it', async () => {
    const [sync, later] = [contract('sync'), contract('later')];
    await mission.serve('mission', [
      endpoint(sync, () => {
        throw new Error('password=hunter2');
      }),
      endpoint(later, async () => {
        await Promise.resolve();
        throw new Error('password=hunter2');
      }),
    ]);
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      for (const one of [sync, later]) {
        const problem = await refusal(gateway.request(one, { caller, input: { title: 't' } }));
        expect(problem.code).to.equal('INTERNAL');
        expect(JSON.stringify(problem)).not.to.contain('hunter2');
      }
      expect(unhandled).to.deep.equal([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('lets the service classify an error', async () => {
    const load = contract('load');
    const classify = () => new Problem('UNAVAILABLE', 'The database is away.');
    await mission.serve('mission', [endpoint(load, () => Promise.reject(new Error('ECONNREFUSED')))], { classify });
    expect(await refusal(gateway.request(load, { caller, input: { title: 't' } }))).to.include({
      code: 'UNAVAILABLE',
      message: 'The database is away.',
    });
  });

  it('refuses input that the contract does not allow, with paths that begin at the input', async () => {
    const create = contract('create');
    await mission.serve('mission', [endpoint(create, async () => ({ body: null }))]);
    const input = { title: '', tasks: [{ order: 'first' }] } as never;
    const problem = await refusal(gateway.request(create, { caller, input }));
    expect(problem.code).to.equal('VALIDATION_FAILED');
    expect(problem.members.errors?.map((error) => error.path)).to.deep.equal(['/title', '/tasks/0/order']);
  });

  it('fails at once if no service serves the contract', async () => {
    // A request that waited would end with TIMEOUT.
    const problem = await refusal(gateway.request(contract('nobody'), { caller, input: { title: 't' } }));
    expect(problem.code).to.equal('UNAVAILABLE');
    expect(problem.detail).to.contain('The mission service does not answer').and.not.contain('svc.');
  });

  it('times out when the reply is late, and the service goes on serving', async () => {
    const slow = contract('slow');
    const gate = Promise.withResolvers<void>();
    await mission.serve('mission', [endpoint(slow, () => gate.promise.then(() => ({ body: null })))]);
    const problem = await refusal(gateway.request(slow, { caller, input: { title: 't' } }, { timeoutMs: 50 }));
    expect(problem.code).to.equal('TIMEOUT');
    expect(problem.detail).to.contain('The mission service has not answered in time').and.not.contain('svc.');
    gate.resolve();
    expect((await gateway.request(slow, { caller, input: { title: 't' } })).body).to.equal('null');
  });

  it('does not handle a request whose caller has given up, and bounds running and waiting requests', async () => {
    const slow = contract('slow');
    const gate = Promise.withResolvers<void>();
    const begun: string[] = [];
    await mission.serve(
      'mission',
      [
        endpoint(slow, async ({ input }) => {
          begun.push(input.title);
          await gate.promise;
          return { body: null };
        }),
      ],
      { concurrency: 1, queue: 2 },
    );
    const send = (title: string, timeoutMs = 5_000) =>
      gateway.request(slow, { caller, input: { title } }, { timeoutMs });
    const first = send('first');
    await waitUntil(() => begun.length === 1);
    const givenUp = refusal(send('given up', 50));
    const waiting = send('waiting');
    expect((await refusal(send('one too many'))).code).to.equal('UNAVAILABLE');
    expect((await givenUp).code).to.equal('TIMEOUT');
    // The service counts the timeout from the receipt of the request, a moment after it was sent.
    const noticed = performance.now() + 20;
    await waitUntil(() => performance.now() > noticed);
    gate.resolve();
    await Promise.all([first, waiting]);
    expect(begun).to.deep.equal(['first', 'waiting']);
  });

  it('shares the requests among processes, and handles each once', async () => {
    const count = contract('count');
    const other = await open('mission');
    const done = { a: 0, b: 0 };
    await mission.serve('mission', [endpoint(count, async () => ({ body: { n: ++done.a } }))]);
    await other.serve('mission', [endpoint(count, async () => ({ body: { n: ++done.b } }))]);
    await other.flush();
    await Promise.all(Array.from({ length: 100 }, () => gateway.request(count, { caller, input: { title: 't' } })));
    expect(done.a + done.b).to.equal(100);
    expect(Math.min(done.a, done.b)).to.be.above(0);
  });

  it('passes trace and request id to the handler', async () => {
    const who = contract('who');
    await mission.serve('mission', [endpoint(who, async () => ({ body: currentContext() ?? null }))]);
    const traceparent = newTraceparent();
    const reply = await withContext({ traceparent, requestId: 'r-1' }, () =>
      gateway.request(who, { caller, input: { title: 't' } }),
    );
    const seen = reply.json<{ traceparent: string; requestId: string }>();
    expect(seen.requestId).to.equal('r-1');
    expect(parseTraceparent(seen.traceparent)?.traceId).to.equal(parseTraceparent(traceparent)?.traceId);
    expect(seen.traceparent).not.to.equal(traceparent);
  });

  it('answers the received requests before it drains', async () => {
    const slow = contract('slow');
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    await mission.serve('mission', [endpoint(slow, () => (begun++, gate.promise.then(() => ({ body: 'true' }))))], {
      concurrency: 2,
    });
    const replies = Array.from({ length: 5 }, () => gateway.request(slow, { caller, input: { title: 't' } }));
    await waitUntil(() => begun === 2);
    const drained = mission.drain();
    await waitUntil(
      async () =>
        (await refusal(gateway.request(slow, { caller, input: { title: 't' } }, { timeoutMs: 100 }))).code ===
        'UNAVAILABLE',
    );
    gate.resolve();
    expect((await Promise.all(replies)).map((reply) => reply.body)).to.deep.equal(Array(5).fill('true'));
    await drained;
  });
});
