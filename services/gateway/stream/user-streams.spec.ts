import { expect } from 'chai';
import { recentHistory } from '@missions/contracts/mission/requests.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { NOW, streamCaller, ToldHistory } from '../testing/told-history.ts';
import { presentTime, type UserStream, userStreams } from './user-streams.ts';

const NEVER = 60_000;
const caller = streamCaller('ada');
const logger = createLogger({ service: 'gateway', level: 'silent' });

describe('a user’s stream', () => {
  let history: ToldHistory;
  let shown: string[];
  let hints: number;
  let stream: UserStream;

  const open = async (sweepMs = NEVER) => {
    stream = await userStreams({ bus: history.bus, logger, sweepMs }).open({
      caller,
      since: new Date(NOW),
      send: ({ id }) => void shown.push(id),
      sendInboxHint: () => void (hints += 1),
    });
  };
  const shows = (...ids: string[]) => waitUntil(() => ids.every((id) => shown.includes(id)), { what: ids.join() });

  beforeEach(() => {
    [history, shown, hints] = [new ToldHistory(), [], 0];
  });
  afterEach(() => {
    stream.stop();
    expect(history.subscriptions).to.equal(0);
  });

  it('shows what is new in a mission, and reads nothing that it has read', async () => {
    for (let n = 1; n <= 100; n++) history.write('a', n, n);
    await open();
    await shows('a100');
    for (let n = 101; n <= 200; n++) {
      history.write('a', n, n);
      history.tell('a', n - 1);
      await shows(`a${n}`);
    }
    expect(shown).to.deep.equal(history.visible.map(({ id }) => id));
    expect(history.given).to.equal(200);
  });

  it('reads nothing twice of a mission that it is told of while it reads it', async () => {
    await open();
    history.write('a', 1);
    history.tell('a', 0);
    await shows('a1');
    const { promise, resolve } = Promise.withResolvers<void>();
    history.arrival = promise;
    history.write('a', 2);
    history.tell('a', 1);
    history.write('a', 3);
    history.tell('a', 2);
    resolve();
    await shows('a2', 'a3');
    expect(history.given).to.equal(3);
  });

  it('shows the entries of a mission in the order of its history, also those of one time', async () => {
    for (const n of [1, 3, 2]) history.write('a', n);
    await open();
    await shows('a1', 'a2', 'a3');
    expect(shown).to.deep.equal(['a1', 'a2', 'a3']);
  });

  it('shows of a mission that was not read before only what is new, however late it became visible', async () => {
    for (let n = 1; n <= 50; n++) history.write('old', n, -1_000);
    await open();
    history.write('old', 51, -55);
    history.tell('old', 50);
    await shows('old51');
    expect(shown).to.deep.equal(['old51']);
  });

  it('shows everything of a busy moment, in pages, and each entry once', async () => {
    history.page = 7;
    await open();
    for (let n = 1; n <= 60; n++) for (const id of ['a', 'b', 'c']) history.write(id, n);
    for (const id of ['a', 'b', 'c']) history.tell(id, 0);
    await waitUntil(() => shown.length >= 180);
    for (const id of ['a', 'b', 'c'])
      expect(shown.filter((it) => it.startsWith(id))).to.deep.equal(
        Array.from({ length: 60 }, (_, n) => `${id}${n + 1}`),
      );
    expect(history.given).to.equal(180);
  });

  it('finds by itself what it was not told of, also in a mission whose later entries it was told of', async () => {
    await open(5);
    history.write('a', 1);
    await shows('a1');
    history.write('b', 1);
    history.write('b', 2);
    history.tell('b', 1);
    await shows('b1', 'b2');
    expect(shown.toSorted((x, y) => x.localeCompare(y))).to.deep.equal(['a1', 'b1', 'b2']);
  });

  it('goes on where it was when the mission service was away', async () => {
    await open(5);
    history.write('a', 1);
    await shows('a1');
    history.isAway = true;
    history.write('a', 2);
    history.tell('a', 1);
    history.isAway = false;
    await shows('a2');
    expect(shown).to.deep.equal(['a1', 'a2']);
  });

  it('reads when a mission service of the version before tells it that something has changed', async () => {
    await open();
    history.write('a', 1);
    history.hear({ type: 'mission', mission_id: 'a', version: 1 });
    await shows('a1');
  });

  it('says that the inbox has changed, and nothing of it once it is closed', async () => {
    await open();
    history.hear({ type: 'inbox' });
    expect(hints).to.equal(1);
    expect(history.given).to.equal(0);
    stream.stop();
    history.hear({ type: 'inbox' });
    expect(hints).to.equal(1);
  });

  it('that opens while the mission service is away begins by the database’s clock, not by its host’s', async () => {
    await open();
    const away = { request: () => Promise.reject(new Error('away')) };
    const clock = { now: () => new Date(NOW) };
    expect(await presentTime(away as never, caller, clock)).to.deep.equal(new Date(NOW));
    expect(recentHistory.subject).to.match(/^svc\.mission\./);
  });
});
