import { expect } from 'chai';
import { connect, type NatsConnection } from 'nats';
import { type AdminConnection, connectAdmin, PROVISIONER } from '@missions/messaging/admin/admin-connection.ts';
import { eventHeaders } from '@missions/messaging/cloudevents.ts';
import { sampleEvent } from '@missions/messaging/testing/sample-event.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { forget, streamsOf, subscribe, type SubscribeOptions, type Subscription } from './published.ts';

describe('a subscription to events', () => {
  let servers: DeployedServers;
  let deployment: AdminConnection;
  let nc: NatsConnection;
  let url: string;
  const open: Subscription[] = [];

  /** Publishes an event of each version. @returns their ids */
  async function publish(type: string, ...versions: number[]): Promise<string[]> {
    const ids: string[] = [];
    for (const version of versions) {
      const event = sampleEvent({ type, version });
      await nc.jetstream().publish(type, '{"n":1}', { headers: eventHeaders(event) });
      ids.push(event.id);
    }
    return ids;
  }
  /** Subscribes and notes the versions that it is given. `fail` says whether the handler throws. */
  async function watch(
    options: Partial<SubscribeOptions<'email.replied' | 'mission.*'>>,
    fail: (version: number, attempt: number) => boolean = () => false,
  ) {
    const seen: number[] = [];
    const settings = { url, types: ['email.replied'] as const, onError: () => {}, ...options };
    const subscription = await subscribe(settings, ({ version }, { attempt }) => {
      seen.push(version);
      if (fail(version, attempt)) throw new Error(`not ${version}`);
    });
    open.push(subscription);
    return { seen, subscription };
  }

  before(async () => {
    servers = await startDeployedServers({ subscribers: ['billing'] });
    url = servers.natsUrlFor('billing');
    deployment = await connectAdmin(servers.natsUrlFor(PROVISIONER));
    await deployment.provision({ mirrors: true });
    nc = await connect({ servers: servers.natsUrl, user: OBSERVER, pass: 'test' });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.stop()));
    await forget({ url, durable: 'billing', types: ['email.*'] });
  });
  after(async () => {
    await nc?.close();
    await deployment?.close();
    await servers?.stop();
  });

  it('tries an event again before the next one, and hands it on as a dead letter after the last attempt', async () => {
    const letters: unknown[] = [];
    await publish('email.replied', 1, 2, 3);
    const { seen } = await watch(
      {
        durable: 'billing',
        maxAttempts: 2,
        deadLetter: ({ type, body, attempts }) => void letters.push([type, body, attempts]),
      },
      (version) => version === 2,
    );
    await waitUntil(() => seen.length === 4);
    expect(seen).to.deep.equal([1, 2, 2, 3]);
    expect(letters).to.deep.equal([['email.replied', '{"n":1}', 2]]);
  });

  it('goes on where it was, and begins anew once it is forgotten', async () => {
    const first = await watch({ durable: 'billing' });
    await waitUntil(() => first.seen.length === 3);
    await first.subscription.stop();
    await publish('email.replied', 4);
    const second = await watch({ durable: 'billing' });
    await waitUntil(() => second.seen.length === 1);
    await second.subscription.stop();
    expect(second.seen).to.deep.equal([4]);
    expect(await forget({ url, durable: 'billing', types: ['email.*'] })).to.deep.equal(['EMAIL']);
    const third = await watch({ durable: 'billing', from: { sequence: 3 } });
    await waitUntil(() => third.seen.length === 2);
    expect(third.seen).to.deep.equal([3, 4]);
  });

  it('begins with what comes from now on, or with a time, as it is told', async () => {
    const now = await watch({ from: 'new' });
    const since = new Date();
    await publish('email.replied', 5);
    const later = await watch({ from: { time: since } });
    await waitUntil(() => now.seen.length > 0 && later.seen.length > 0);
    expect([now.seen, later.seen]).to.deep.equal([[5], [5]]);
  });

  it('hears of events again when the stream that it reads was lost and made anew', async () => {
    const { seen } = await watch({ durable: 'billing', from: 'new' });
    const manager = await nc.jetstreamManager();
    await manager.streams.delete('EMAIL');
    await deployment.provision();
    await publish('email.replied', 6);
    await waitUntil(() => seen.includes(6));
  });

  it('refuses types that no stream holds, and says which there are', async () => {
    expect([...streamsOf(['mission.*', 'timer.mission', 'mission.created'])]).to.deep.equal([
      ['MISSION', ['mission.*', 'mission.created']],
      ['SCHEDULER', ['timer.mission']],
    ]);
    for (const types of [['missions.*'], ['mission'], ['svc.mission.create'], []])
      expect(() => streamsOf(types), types.join()).to.throw(TypeError, 'mission.*');
  });
});
