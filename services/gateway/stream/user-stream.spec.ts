import { expect } from 'chai';
import { changedMissions, newHistory, recentHistory } from '@missions/contracts/mission/requests.ts';
import type { RequestContract } from '@missions/contracts/request.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { presentTime, startUserStream, type UserStream } from './user-stream.ts';

interface Entry {
  readonly id: string;
  readonly mission_id: string;
  readonly sequence: number;
  readonly created_at: string;
}
interface Wanted {
  readonly id: string;
  readonly after: number;
  readonly since?: string;
}

const NOW = Date.parse('2026-06-01T12:00:00.000Z');
const NEVER = 60_000;
const caller = { kind: 'user', customer_id: 'acme', user_id: 'ada', agent_id: null, credential: 'test' } as never;
const logger = createLogger({ service: 'gateway', level: 'silent' });

describe('a user’s stream', () => {
  let visible: Entry[];
  let shown: string[];
  /** How many entries the mission service has given. */
  let given: number;
  let page: number;
  let hear: (hint: unknown) => void;
  let stream: UserStream;
  let isAway: boolean;
  /** Answers are on their way until then. */
  let arrival: Promise<void> | undefined;
  let hints: number;

  /** The mission service, which answers from the visible entries. */
  const answer = (contract: RequestContract, input: any): object => {
    if (contract.subject === changedMissions.subject) {
      const changed = Map.groupBy(visible, ({ mission_id }) => mission_id);
      return {
        missions: [...changed].map(([id, own]) => ({ id, last_sequence: Math.max(...own.map((it) => it.sequence)) })),
        now: new Date(NOW).toISOString(),
      };
    }
    const of = (entry: Entry, { id, after, since }: Wanted) =>
      entry.mission_id === id && (entry.sequence > after || (since !== undefined && entry.created_at >= since));
    const found =
      contract.subject === newHistory.subject
        ? visible.filter((entry) => input.missions.some((wanted: Wanted) => of(entry, wanted)))
        : visible.filter(({ created_at, id }) => created_at + id > input.since + (input.after ?? ''));
    const events = found.slice(0, page);
    given += events.length;
    return { events, truncated: found.length > page, now: new Date(NOW).toISOString() };
  };
  const bus = {
    request: async (contract: RequestContract, { input }: { input: object }) => {
      if (isAway) throw new Error('away');
      const body = answer(contract, input);
      await arrival;
      return { json: () => body };
    },
    onNotification: (_customer: string, _user: string, heard: (hint: unknown) => void) => {
      hear = heard;
      return () => {};
    },
    flush: async () => {},
  };
  const open = async (sweepMs = NEVER) => {
    stream = await startUserStream({
      bus: bus as never,
      caller,
      logger,
      since: new Date(NOW),
      send: ({ id }) => void shown.push(id),
      sendInboxHint: () => void (hints += 1),
      sweepMs,
    });
  };
  const write = (mission_id: string, sequence: number, secondsLater = 1): Entry => {
    const created_at = new Date(NOW + secondsLater * 1_000).toISOString();
    const entry = { id: `${mission_id}${sequence}`, mission_id, sequence, created_at };
    visible = [...visible, entry];
    return entry;
  };
  const tell = (mission_id: string, after: number): void => hear({ type: 'mission', mission_id, version: 1, after });
  const shows = (...ids: string[]) => waitUntil(() => ids.every((id) => shown.includes(id)), { what: ids.join() });

  beforeEach(() => {
    [visible, shown, given, page, isAway, hints] = [[], [], 0, 500, false, 0];
    arrival = undefined;
  });
  afterEach(() => stream.stop());

  it('shows what is new in a mission, and reads nothing that it has read', async () => {
    for (let n = 1; n <= 100; n++) write('a', n, n);
    await open();
    await shows('a100');
    for (let n = 101; n <= 200; n++) {
      write('a', n, n);
      tell('a', n - 1);
      await shows(`a${n}`);
    }
    expect(shown).to.deep.equal(visible.map(({ id }) => id));
    expect(given).to.equal(200);
  });

  it('reads nothing twice of a mission that it is told of while it reads it', async () => {
    await open();
    write('a', 1);
    tell('a', 0);
    await shows('a1');
    const { promise, resolve } = Promise.withResolvers<void>();
    arrival = promise;
    write('a', 2);
    tell('a', 1);
    write('a', 3);
    tell('a', 2);
    resolve();
    await shows('a2', 'a3');
    expect(given).to.equal(3);
  });

  it('shows the entries of a mission in the order of its history, also those of one time', async () => {
    for (const n of [1, 3, 2]) write('a', n);
    await open();
    await shows('a1', 'a2', 'a3');
    expect(shown).to.deep.equal(['a1', 'a2', 'a3']);
  });

  it('shows of a mission that was not read before only what is new, however late it became visible', async () => {
    for (let n = 1; n <= 50; n++) write('old', n, -1_000);
    await open();
    write('old', 51, -55);
    tell('old', 50);
    await shows('old51');
    expect(shown).to.deep.equal(['old51']);
  });

  it('shows everything of a busy moment, in pages, and each entry once', async () => {
    page = 7;
    await open();
    for (let n = 1; n <= 60; n++) for (const id of ['a', 'b', 'c']) write(id, n);
    for (const id of ['a', 'b', 'c']) tell(id, 0);
    await waitUntil(() => shown.length >= 180);
    for (const id of ['a', 'b', 'c'])
      expect(shown.filter((it) => it.startsWith(id))).to.deep.equal(
        Array.from({ length: 60 }, (_, n) => `${id}${n + 1}`),
      );
    expect(given).to.equal(180);
  });

  it('finds by itself what it was not told of, also in a mission whose later entries it was told of', async () => {
    await open(5);
    write('a', 1);
    await shows('a1');
    write('b', 1);
    write('b', 2);
    tell('b', 1);
    await shows('b1', 'b2');
    expect(shown.toSorted((x, y) => x.localeCompare(y))).to.deep.equal(['a1', 'b1', 'b2']);
  });

  it('goes on where it was when the mission service was away', async () => {
    await open(5);
    write('a', 1);
    await shows('a1');
    isAway = true;
    write('a', 2);
    tell('a', 1);
    isAway = false;
    await shows('a2');
    expect(shown).to.deep.equal(['a1', 'a2']);
  });

  it('reads when a mission service of the version before tells it that something has changed', async () => {
    await open();
    write('a', 1);
    hear({ type: 'mission', mission_id: 'a', version: 1 });
    await shows('a1');
  });

  it('says that the inbox has changed, and nothing of it once it is closed', async () => {
    await open();
    hear({ type: 'inbox' });
    expect(hints).to.equal(1);
    expect(given).to.equal(0);
    stream.stop();
    hear({ type: 'inbox' });
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
