import { expect } from 'chai';
import { deadLetterSubject } from '@missions/contracts/subjects.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from './service.ts';
import { startTimerOwner, type TimerOwnerClient, timerSet } from './testing/timer-owner.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('the scheduler', () => {
  let own: TestServers;
  let database: TestDatabase;
  let owner: TimerOwnerClient;
  let running: RunningService[] = [];
  let keys = 0;
  const key = (): string => `key-${++keys}`;
  const soon = (ms: number): Date => new Date(Date.now() + ms);

  before(async () => (own = await startServers()));
  after(() => own.stop());
  beforeEach(async () => {
    database = await own.freshDatabase({ services: ['scheduler'] });
    owner = await startTimerOwner(own.natsUrl);
  });
  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    running = [];
    await owner.close();
  });

  const start = async (clock?: VirtualClock): Promise<RunningService> => {
    const one = await startInProcess(scheduler, {
      databaseUrl: database.urlFor('scheduler'),
      natsUrl: own.natsUrl,
      ...(clock && { clock }),
    });
    running.push(one);
    return one;
  };
  const firingsOf = (name: string) => owner.firings.filter(({ data }) => data.key === name);
  const nextFiringOf = (name: string) => waitUntil(() => firingsOf(name)[0], { what: `the firing of ${name}` });
  const query = async <R>(sql: string): Promise<R[]> => {
    const client = await connectStandalone({
      url: database.urlFor('scheduler'),
      schema: 'scheduler',
      statementTimeoutMs: 5_000,
      name: 'spec',
    });
    try {
      return (await client.query(sql)).rows as R[];
    } finally {
      await client.end();
    }
  };
  const stored = (name: string) =>
    waitUntil(async () => (await query(`select 1 from timer where key = '${name}'`)).length > 0, {
      what: `${name} being stored`,
    });

  it('a timer fires once, not early, and without waiting for the poll', async () => {
    await start();
    const lateness: number[] = [];
    for (let i = 0; i < 15; i++) {
      const name = key();
      await owner.set({ key: name, fire_at: soon(60), payload: { i } });
      const { data } = await nextFiringOf(name);
      expect(data.payload).to.deep.equal({ i });
      lateness.push(Date.parse(data.fired_at) - Date.parse(data.fire_at));
    }
    expect(Math.min(...lateness)).to.be.at.least(0);
    // Each was set right after a firing: the next poll would come nearly a second later.
    expect(lateness.sort((a, b) => a - b)[7], String(lateness)).to.be.lessThan(500);
  });

  it('a timer that is due earlier ends a long sleep', async () => {
    await start();
    const [late, early] = [key(), key()];
    await owner.set({ key: late, fire_at: soon(DAY) });
    await stored(late);
    await owner.set({ key: early, fire_at: soon(50) });
    await nextFiringOf(early);
    expect(firingsOf(late)).to.deep.equal([]);
  });

  it('a cancelled timer never fires, even if the cancel came first; a moved timer fires at its new time', async () => {
    await start();
    const [cancelled, reordered, moved, last] = [key(), key(), key(), key()];
    const at = soon(400);
    await owner.set({ key: cancelled, fire_at: at });
    await owner.cancel({ key: cancelled });
    await owner.cancel({ key: reordered });
    await owner.set({ key: reordered, fire_at: at });
    await owner.set({ key: moved, revision: 2, fire_at: soon(600) });
    await owner.set({ key: moved, revision: 1, fire_at: at });
    await owner.set({ key: last, fire_at: soon(700) });
    await nextFiringOf(last);
    expect([firingsOf(cancelled), firingsOf(reordered), firingsOf(moved).map(({ version }) => version)]).to.deep.equal([
      [],
      [],
      [2],
    ]);
  });

  it('a timer that came due while no scheduler ran fires late, but once', async () => {
    const first = await start();
    const names = Array.from({ length: 50 }, key);
    for (const name of names) await owner.set({ key: name, fire_at: soon(300) });
    await stored(names.at(-1) ?? '');
    await first.stop();
    running = [];
    await waitUntil(
      async () => (await query(`select 1 from timer where fired_at is null and fire_at > now()`)).length === 0,
      { what: 'all being due' },
    );
    const before = owner.firings.length;
    await start();
    await Promise.all(names.map((name) => nextFiringOf(name)));
    expect(owner.firings.length - before).to.be.at.most(names.length);
    for (const name of names) expect(firingsOf(name).length, name).to.equal(1);
  });

  it('each timer fires once, though two replicas share a database', async () => {
    await Promise.all([start(), start()]);
    const names = Array.from({ length: 300 }, key);
    const at = soon(500);
    await Promise.all(
      names.map((name, i) => owner.set({ key: name, fire_at: new Date(at.getTime() + (i % 20) * 10) })),
    );
    await waitUntil(() => names.every((name) => firingsOf(name).length > 0), { what: 'all firings' });
    expect(owner.firings.filter(({ data }) => names.includes(data.key)).length).to.equal(names.length);
    const [row] = await query<{ events: number; early: number }>(
      `select (select count(*) from outbox)::int as events,
              (select count(*) from timer where fired_at < fire_at)::int as early`,
    );
    expect(row).to.deep.equal({ events: names.length, early: 0 });
  });

  it('a malformed set goes to the dead letters, and the next timers fire', async () => {
    await start();
    const deadLetters: string[] = [];
    const stop = owner.bus.subscribe(deadLetterSubject('scheduler'), ({ subject }) => deadLetters.push(subject));
    await owner.bus.flush();
    const good = key();
    const bad = [
      timerSet({ key: '', fire_at: soon(0) }),
      timerSet({ key: key(), fire_at: 'tomorrow' }),
      timerSet({ key: key(), fire_at: soon(0), revision: 2 ** 31 }),
      timerSet({ key: 'a\u0000b', fire_at: soon(0) }),
      { ...timerSet({ key: key(), fire_at: soon(0) }), id: 'no-uuid' },
    ];
    for (const event of bad) await owner.bus.publish(event);
    await owner.set({ key: good, fire_at: soon(0) });
    await nextFiringOf(good);
    await waitUntil(() => deadLetters.length === bad.length, { what: 'the dead letters' });
    stop();
  });

  describe('with a virtual clock', () => {
    const start_ = new Date('2026-06-01T00:00:00Z');

    it('in fourteen days each timer fires at its time, and none before', async () => {
      const clock = new VirtualClock(start_);
      await start(clock);
      const at = (ms: number) => new Date(start_.getTime() + ms);
      const names = Array.from({ length: 14 * 4 }, (_, i) => ({ name: key(), due: (i + 1) * (DAY / 4) }));
      for (const { name, due } of names) await owner.set({ key: name, fire_at: at(due) });
      await stored(names.at(-1)?.name ?? '');
      for (const { name, due } of names) {
        clock.set(at(due - 1));
        clock.set(at(due));
        const { data } = await nextFiringOf(name);
        expect([data.fire_at, data.fired_at]).to.deep.equal([at(due).toISOString(), at(due).toISOString()]);
      }
      expect(owner.firings.filter(({ data }) => names.some(({ name }) => name === data.key)).length).to.equal(
        names.length,
      );
    });

    it('timers that the clock jumps past fire in order, and a timer set for the past fires at once', async () => {
      const clock = new VirtualClock(start_);
      await start(clock);
      const at = (ms: number) => new Date(start_.getTime() + ms);
      const names = Array.from({ length: 30 }, (_, i) => ({ name: key(), due: ((i * 7) % 30) * MINUTE + MINUTE }));
      for (const { name, due } of names) await owner.set({ key: name, fire_at: at(due), mission_id: 'one mission' });
      await stored(names.at(-1)?.name ?? '');
      clock.advance(DAY);
      await waitUntil(() => names.every(({ name }) => firingsOf(name).length > 0), { what: 'all firings' });
      const inOrder = names.toSorted((a, b) => a.due - b.due).map(({ name }) => name);
      expect(owner.firings.map(({ data }) => data.key).filter((name) => inOrder.includes(name))).to.deep.equal(inOrder);

      const past = key();
      await owner.set({ key: past, fire_at: at(MINUTE) });
      expect((await nextFiringOf(past)).data.fired_at).to.equal(at(DAY).toISOString());
    });

    it('no timer fires while the clock stands still', async () => {
      const clock = new VirtualClock(start_);
      await start(clock);
      const [waits, marker] = [key(), key()];
      await owner.set({ key: waits, fire_at: new Date(start_.getTime() + 1) });
      await owner.set({ key: marker, fire_at: start_ });
      await nextFiringOf(marker);
      expect(firingsOf(waits)).to.deep.equal([]);
      clock.advance(1);
      await nextFiringOf(waits);
    });
  });
});

describe('the scheduler, while a server restarts', () => {
  let own: TestServers;
  let running: RunningService;
  let owner: TimerOwnerClient;
  before(async () => {
    own = await startServers({ durable: true });
    const database = await own.freshDatabase({ services: ['scheduler'] });
    running = await startInProcess(scheduler, { databaseUrl: database.urlFor('scheduler'), natsUrl: own.natsUrl });
    owner = await startTimerOwner(own.natsUrl);
  });
  after(async () => {
    await running?.stop();
    await owner?.close();
    await own?.stop();
  });

  for (const [what, go] of [
    ['PostgreSQL restarts', () => own.restartPostgres()],
    ['PostgreSQL crashes', async () => (await own.killPostgres(), own.startPostgres())],
    ['NATS restarts', () => own.restartNats()],
    ['NATS crashes', async () => (await own.killNats(), own.startNats())],
  ] as const) {
    it(`${what}: every timer fires under one id, none early, and the scheduler recovers by itself`, async () => {
      const names = Array.from({ length: 120 }, (_, i) => `${what} ${i}`);
      const now = Date.now();
      for (const [i, name] of names.entries()) await owner.set({ key: name, fire_at: new Date(now + 10 * i) });
      await go();
      const after = `${what}, after`;
      await waitUntil(() => owner.set({ key: after, fire_at: new Date() }).then(() => true), {
        what: 'a set',
      });
      await waitUntil(() => [...names, after].every((name) => owner.firings.some(({ data }) => data.key === name)), {
        what: 'all firings',
      });
      const firings = owner.firings.filter(({ data }) => names.includes(data.key));
      expect(new Set(firings.map(({ id }) => id)).size).to.equal(names.length);
      expect(firings.filter(({ data }) => data.fired_at < data.fire_at)).to.deep.equal([]);
      await waitUntil(async () => (await running.health.report()).ready, { what: 'readiness' });
    });
  }
});
