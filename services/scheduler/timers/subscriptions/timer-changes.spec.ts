import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import {
  formerTimerCancelledSubject,
  formerTimerSetSubject,
  timerOwnerSources,
} from '@missions/contracts/scheduler/former-timers.ts';
import { timerCancelledSubject, timerSetSubject } from '@missions/contracts/scheduler/timers.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { newId } from '@missions/runtime/id.ts';
import { registry } from '@missions/runtime/metrics.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { scheduler } from '../../service.ts';
import { startTimerOwner, timerCancelled, type TimerOwnerClient, timerSet } from '../../testing/timer-owner.ts';

describe('sets and cancels of timers', () => {
  let own: TestServers;
  let owner: TimerOwnerClient;
  let running: RunningService;
  let sql: Awaited<ReturnType<typeof connectStandalone>>;
  let keys = 0;
  const key = (): string => `key-${++keys}`;
  const soon = (ms: number): Date => new Date(Date.now() + ms);

  before(async () => {
    own = await startServers();
    const database = await own.freshDatabase({ services: ['scheduler'] });
    owner = await startTimerOwner(own.natsUrl);
    running = await startInProcess(scheduler, { databaseUrl: database.urlFor('scheduler'), natsUrl: own.natsUrl });
    const url = database.urlFor('scheduler');
    sql = await connectStandalone({ url, schema: 'scheduler', statementTimeoutMs: 5_000, name: 'spec' });
  });
  after(async () => {
    await sql?.end();
    await running?.stop();
    await owner?.close();
    await own?.stop();
  });

  const firingsOf = (name: string) => owner.firings.filter(({ data }) => data.key === name);
  const firingOf = (name: string) => waitUntil(() => firingsOf(name)[0], { what: `the firing of ${name}` });

  it('a timer belongs to the owner whose subject it was set on, whatever its source and data say', async () => {
    const name = key();
    const set = timerSet({ key: name, fire_at: soon(0) });
    const forged = {
      source: timerOwnerSources.mission,
      data: { ...set.data, owner: 'mission', revision: 2 ** 31 - 1 },
    };
    await owner.bus.publish({ ...set, ...forged, id: newId(), type: timerSetSubject('email') });
    await owner.bus.publish({ ...set, ...forged, id: newId(), type: timerCancelledSubject('email') });
    await owner.bus.publish(set);
    await firingOf(name);
    const { rows } = await sql.query('select owner, revision from timer where key = $1 order by owner', [name]);
    expect(rows).to.deep.equal([
      { owner: 'email', revision: 2 ** 31 - 1 },
      { owner: 'mission', revision: 1 },
    ]);
  });

  it('a set or cancel that an earlier version left in the stream counts for the owner that sent it only', async () => {
    const source = timerOwnerSources.email;
    const ignored = async () =>
      (await registry.metrics()).match(/missions_timer_changes_total\{outcome="not-owner"\} (\d+)/)?.[1] ?? '0';
    const before = Number(await ignored());
    const former = (event: EventEnvelope, type: string) => ({
      ...event,
      type,
      data: { ...event.data, owner: 'mission' },
    });
    const [own, foreign] = [key(), key()];
    await owner.bus.publish(former(timerSet({ key: own, fire_at: soon(400) }), formerTimerSetSubject));
    await owner.bus.publish({
      ...former(timerSet({ key: foreign, fire_at: soon(10) }), formerTimerSetSubject),
      source,
    });
    const cancelled = timerCancelled({ key: own, revision: 2 ** 31 - 1 });
    await owner.bus.publish({ ...former(cancelled, formerTimerCancelledSubject), source });
    await firingOf(own);
    expect(firingsOf(foreign)).to.deep.equal([]);
    expect(Number(await ignored()) - before).to.equal(2);
  });
});
