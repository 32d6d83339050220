import { expect } from 'chai';
import { newHistory } from '@missions/contracts/mission/requests.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { NOW, streamCaller, ToldHistory } from '../testing/told-history.ts';
import { type UserStream, type UserStreams, userStreams } from './user-streams.ts';

const NEVER = 60_000;
const caller = streamCaller('ada');
const logger = createLogger({ service: 'gateway', level: 'silent' });

describe('several streams of one user', () => {
  let history: ToldHistory;
  let shown: string[];
  let streams: UserStreams;
  let opened: UserStream[];

  const openFor = async (whose: ReturnType<typeof streamCaller>, into: string[], since = NOW) => {
    const stream = await streams.open({
      caller: whose,
      since: new Date(since),
      send: ({ id }) => void into.push(id),
      sendInboxHint: () => {},
    });
    opened.push(stream);
    return stream;
  };
  const open = (sweepMs = NEVER) => {
    streams = userStreams({ bus: history.bus, logger, sweepMs });
    return openFor(caller, shown);
  };
  const shows = (...ids: string[]) => waitUntil(() => ids.every((id) => shown.includes(id)), { what: ids.join() });

  beforeEach(() => {
    [history, shown, opened] = [new ToldHistory(), [], []];
  });
  afterEach(() => {
    for (const stream of opened) stream.stop();
    expect(history.subscriptions, 'subscriptions without a stream').to.equal(0);
  });

  const newOnes = () => history.asked.filter((verb) => verb === newHistory.verb).length;
  const idsOf = (mission: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => `${mission}${from + n}`);

  it('cost the mission service one request for each change, whatever credentials opened them', async () => {
    await open();
    const others = Array.from({ length: 19 }, (): string[] => []);
    for (const [n, other] of others.entries()) await openFor(streamCaller('ada', `key:${n}`), other);
    await waitUntil(() => history.asked.length === 20);
    for (let n = 1; n <= 30; n++) {
      history.write('a', n, n);
      history.tell('a', n - 1);
      await shows(`a${n}`);
    }
    for (const each of [shown, ...others]) expect(each).to.deep.equal(idsOf('a', 1, 30));
    expect(newOnes()).to.equal(30);
    expect(history.given).to.equal(30);
  });

  it('are swept for once', async () => {
    await open(5);
    const other: string[] = [];
    await openFor(caller, other);
    history.write('a', 1);
    await waitUntil(() => shown.length === 1 && other.length === 1);
    expect([shown, other]).to.deep.equal([['a1'], ['a1']]);
    expect(history.given).to.be.at.most(3);
  });

  it('read alone what a late one has missed, and together from then on', async () => {
    for (let n = 1; n <= 20; n++) history.write('a', n, n - 30);
    await open();
    await waitUntil(() => history.asked.length === 1);
    const late: string[] = [];
    await openFor(caller, late, NOW - 25_000);
    await waitUntil(() => late.length === 16);
    expect(history.given).to.equal(16);
    for (let n = 21; n <= 40; n++) {
      history.write('a', n, n);
      history.tell('a', n - 1);
      await shows(`a${n}`);
    }
    expect(shown).to.deep.equal(idsOf('a', 21, 40));
    expect(late).to.deep.equal(idsOf('a', 5, 40));
    expect(history.given).to.equal(36);
  });

  it('lose nothing when one joins while the others are read for', async () => {
    await open();
    await waitUntil(() => history.asked.length === 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const late: string[] = [];
    // The late one has read that there is nothing, hears of the first entry, and joins before the reading of the second.
    history.arrival = promise;
    await openFor(caller, late);
    await waitUntil(() => history.asked.length === 2);
    history.write('a', 1);
    history.tell('a', 0);
    history.write('a', 2);
    history.tell('a', 1);
    history.arrival = undefined;
    resolve();
    await waitUntil(() => late.length === 2 && shown.length === 2);
    history.write('a', 3);
    history.tell('a', 2);
    await waitUntil(() => late.length === 3 && shown.length === 3);
    expect([shown, late]).to.deep.equal([idsOf('a', 1, 3), idsOf('a', 1, 3)]);
  });

  it('each show every entry once and in order, whenever one of them opens or closes', async () => {
    await open();
    const all: { ids: string[]; stream: UserStream; after: number }[] = [];
    let resolve = (): void => {};
    for (let n = 1; n <= 60; n++) {
      const held = Promise.withResolvers<void>();
      history.arrival = held.promise;
      const before = resolve;
      resolve = held.resolve;
      history.write('a', n, n);
      history.write('b', n, n);
      if (n % 7 !== 0) history.tell('a', n - 1);
      history.tell('b', n - 1);
      const ids: string[] = [];
      const since = NOW + (n + 1) * 1_000 - (n % 3) * 5_000;
      if (n % 4 === 0) all.push({ ids, stream: await openFor(caller, ids, since), after: n });
      if (n % 9 === 0) all.shift()?.stream.stop();
      before();
    }
    history.arrival = undefined;
    resolve();
    history.write('a', 61, 61);
    history.tell('a', 60);
    const own = (ids: string[], mission: string) => ids.filter((id) => id.startsWith(mission));
    const isDone = (ids: string[]) => ids.includes('a61') && (ids.includes('b60') || own(ids, 'b').length === 0);
    await waitUntil(() => [shown, ...all.map(({ ids }) => ids)].every(isDone));
    expect(own(shown, 'a')).to.deep.equal(idsOf('a', 1, 61));
    for (const { ids, after } of all) {
      const [a, b] = [own(ids, 'a'), own(ids, 'b')];
      expect(a).to.deep.equal(idsOf('a', 62 - a.length, 61));
      expect(b).to.deep.equal(idsOf('b', 61 - b.length, 60));
      expect(a.length).to.be.at.least(61 - after);
    }
  });

  it('show nothing of one user to another', async () => {
    await open();
    const foreign: string[] = [];
    await openFor(streamCaller('bob'), foreign);
    await waitUntil(() => history.asked.length === 2);
    history.write('a', 1);
    history.tell('a', 0);
    await shows('a1');
    expect(foreign).to.deep.equal([]);
  });

  it('go on when one of them ends, also the one that was first', async () => {
    const first = await open();
    const other: string[] = [];
    await openFor(caller, other);
    await waitUntil(() => history.asked.length === 2);
    first.stop();
    history.write('a', 1);
    history.tell('a', 0);
    await waitUntil(() => other.length === 1);
    expect([shown, other]).to.deep.equal([[], ['a1']]);
  });
});
