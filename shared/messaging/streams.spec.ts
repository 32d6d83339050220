import { expect } from 'chai';
import { connect, type JetStreamManager, type NatsConnection, nanos } from 'nats';
import { streams } from '@missions/contracts/subjects.ts';
import { newId } from '@missions/runtime/id.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import type { Bus } from './bus.ts';
import { provisionStreams } from './admin/provisioning.ts';
import { connectBus, openConnection } from './connect.ts';
import type { Connection } from './connection.ts';
import { refusal, silent } from './testing/request-fixtures.ts';
import { sampleEvent } from './testing/sample-event.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('streams', () => {
  let own: TestServers;
  let bus: Bus;
  let nc: NatsConnection;
  let manager: JetStreamManager;
  let deployer: Connection;

  before(async () => {
    own = await startServers();
    nc = await connect({ servers: own.natsUrl });
    manager = await nc.jetstreamManager();
    deployer = await openConnection({ servers: own.natsUrl, name: 'deployer', logger: silent });
    bus = await connectBus({ servers: own.natsUrl, name: 'mission', logger: silent });
  });
  after(async () => {
    await bus.drain();
    await deployer.nc.close();
    await nc.close();
    await own.stop();
  });

  it('are created as the contracts say, also by several deployments at once, and drop no events', async () => {
    const names = ['MISSION', 'APPROVAL', 'EMAIL', 'NOTIFIER', 'SCHEDULER', 'DEADLETTER'] as const;
    for (const name of names) await manager.streams.delete(name);
    await Promise.all([provisionStreams(deployer, names), provisionStreams(deployer, names)]);
    for (const name of names) {
      const { config } = await manager.streams.info(name);
      expect(config, name).to.deep.include({
        subjects: [...streams[name].subjects],
        max_age: nanos(streams[name].maxAgeDays * DAY_MS),
        retention: 'limits',
        storage: 'file',
        discard: 'new',
        duplicate_window: nanos(120_000),
        max_bytes: 512 * 1024 * 1024,
      });
    }
  });

  it('are updated, and keep the size that an operator gave them', async () => {
    await manager.streams.update('EMAIL', { max_age: nanos(DAY_MS), max_bytes: 1_000_000 });
    await provisionStreams(deployer, ['EMAIL']);
    expect((await manager.streams.info('EMAIL')).config).to.deep.include({
      max_age: nanos(streams.EMAIL.maxAgeDays * DAY_MS),
      max_bytes: 1_000_000,
    });
    await provisionStreams(deployer, ['EMAIL'], { maxBytes: 2_000_000 });
    expect((await manager.streams.info('EMAIL')).config.max_bytes).to.equal(2_000_000);
  });

  it('cause an error, not an endless wait, if the server refuses their configuration', async () => {
    await manager.streams.delete('APPROVAL');
    const problem = await refusal(provisionStreams(deployer, ['APPROVAL'], { replicas: 3 }));
    expect(problem.toJSON()).to.deep.include({ code: 'INTERNAL' });
    expect(problem.message).to.contain('not supported in non-clustered mode');
  });

  it('store an event once, however often it is published', async () => {
    const event = sampleEvent();
    const { messages } = (await manager.streams.info('MISSION')).state;
    expect(await bus.publish(event)).to.deep.include({ stream: 'MISSION', duplicate: false });
    expect(await bus.publish(event)).to.deep.include({ stream: 'MISSION', duplicate: true });
    expect((await manager.streams.info('MISSION')).state.messages).to.equal(messages + 1);
  });

  it('store the events of one connection in the order of publication, without a wait in between', async () => {
    const published = Array.from({ length: 200 }, (_, index) => sampleEvent({ index }));
    const first = (await manager.streams.info('MISSION')).state.last_seq + 1;
    await Promise.all(published.map((event) => bus.publish(event)));
    const stored = await Promise.all(
      published.map((_, index) => manager.streams.getMessage('MISSION', { seq: first + index })),
    );
    expect(stored.map((message) => message.header.get('ce-id'))).to.deep.equal(published.map((event) => event.id));
  });

  it('refuse an event while they are full, so that the outbox keeps it', async () => {
    await provisionStreams(deployer, ['SCHEDULER'], { maxBytes: 2_000 });
    const big = () => sampleEvent({ type: 'timer.mission', data: { text: 'x'.repeat(1_200) } });
    await bus.publish(big());
    expect((await refusal(bus.publish(big()))).code).to.equal('UNAVAILABLE');
    expect((await manager.streams.info('SCHEDULER')).state.messages).to.equal(1);
  });

  it('refuse an event if they do not exist', async () => {
    expect((await refusal(bus.publish(sampleEvent({ type: 'approval.requested' })))).code).to.equal('UNAVAILABLE');
  });

  for (const type of [
    'planted it',
    'mission.\r\nPUB',
    'mission..x',
    'mission.*',
    '>',
    '',
    `mission.${'x'.repeat(5_000)}`,
  ])
    it(`refuse an event of the type ${JSON.stringify(type.slice(0, 20))}, and the connection stays`, async () => {
      const statuses: string[] = [];
      const forget = bus.onStatus((status) => statuses.push(status));
      const refused = refusal(bus.publish(sampleEvent({ id: newId(), type })));
      await bus.publish(sampleEvent({ id: newId() }));
      expect((await refused).message).to.contain('is no subject');
      await bus.publish(sampleEvent({ id: newId() }));
      expect(statuses.filter((status) => status !== 'connected')).to.deep.equal([]);
      forget();
    });

  it('refuse an event that is larger than the server allows', async () => {
    const event = sampleEvent({ id: newId(), data: { text: 'x'.repeat(9_000_000) } });
    expect((await refusal(bus.publish(event))).code).to.equal('PAYLOAD_TOO_LARGE');
  });
});
