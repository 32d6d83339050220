import { expect } from 'chai';
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

const NOW = Date.parse('2026-06-01T12:00:00.000Z');
const caller = { kind: 'user', customer_id: 'acme', user_id: 'ada', agent_id: null, credential: 'test' } as never;
const logger = createLogger({ service: 'gateway', level: 'silent' });

describe('a user’s stream', () => {
  let visible: Entry[];
  let shown: string[];
  let readings: number;
  let notify: () => void;
  let stream: UserStream;

  /** The mission service, which answers with the visible entries from the given time on. */
  const bus = {
    request: async (_contract: RequestContract, { input }: { input: { since?: string } }) => {
      readings++;
      const events = visible.filter(({ created_at }) => created_at >= (input.since ?? ''));
      return { json: () => ({ events, truncated: false, now: new Date(NOW).toISOString() }) };
    },
    onNotification: (_customer: string, _user: string, heard: () => void) => {
      notify = heard;
      return () => {};
    },
    flush: async () => {},
  };
  const open = (sweepMs: number) =>
    startUserStream({
      bus: bus as never,
      caller,
      logger,
      since: new Date(NOW - 120_000),
      send: ({ id }) => void shown.push(id),
      sweepMs,
    });
  const entry = (id: string, secondsAgo: number, sequence = 1): Entry => ({
    id,
    mission_id: 'm1',
    sequence,
    created_at: new Date(NOW - secondsAgo * 1_000).toISOString(),
  });

  beforeEach(() => {
    [visible, shown, readings] = [[], [], 0];
  });
  afterEach(() => stream.stop());

  it('shows an entry whose transaction took most of a minute, and shows no entry twice', async () => {
    visible = [entry('quick', 0)];
    stream = await open(5);
    await waitUntil(() => shown.includes('quick'));
    visible = [entry('slow', 55), ...visible];
    await waitUntil(() => shown.includes('slow'));
    const before = readings;
    await waitUntil(() => readings > before + 2);
    expect(shown).to.deep.equal(['quick', 'slow']);
  });

  it('reads after a notification only what is recent', async () => {
    visible = [entry('quick', 0)];
    stream = await open(60_000);
    await waitUntil(() => shown.includes('quick'));
    visible = [entry('slow', 55), ...visible, entry('next', -1)];
    notify();
    await waitUntil(() => shown.includes('next'));
    expect(shown).to.deep.equal(['quick', 'next']);
  });

  it('shows the entries of a mission in the order of its history, also those of one time', async () => {
    visible = [entry('earlier', 1, 1), entry('third', 0, 3), entry('second', 0, 2)];
    stream = await open(60_000);
    await waitUntil(() => shown.length === 3);
    expect(shown).to.deep.equal(['earlier', 'second', 'third']);
  });

  it('that opens while the mission service is away begins by the database’s clock, not by its host’s', async () => {
    stream = await open(60_000);
    const away = { request: () => Promise.reject(new Error('away')) };
    const clock = { now: () => new Date(NOW) };
    expect(await presentTime(away as never, caller, clock)).to.deep.equal(new Date(NOW));
  });
});
