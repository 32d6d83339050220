import { expect } from 'chai';
import { AckPolicy, connect, type JetStreamManager, type NatsConnection, type StreamConfig } from 'nats';
import { consumers } from '@missions/contracts/consumers.ts';
import { streams } from '@missions/contracts/subjects.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { eventHeaders } from '../cloudevents.ts';
import { sampleEvent } from '../testing/sample-event.ts';
import { type AdminConnection, connectAdmin, PROVISIONER } from './admin-connection.ts';
import type { StreamOptions } from './provisioning.ts';

describe('provisioning, with the deployed permissions', () => {
  let own: DeployedServers;
  let nc: NatsConnection;
  let manager: JetStreamManager;
  let deployment: AdminConnection;

  const publish = (type: string) =>
    nc.jetstream().publish(type, '{}', { headers: eventHeaders(sampleEvent({ type })) });
  const outcomes = async (options: StreamOptions = {}) => {
    const report = await deployment.provision(options);
    return new Map(
      [
        ...report.streams.map(({ stream, outcome }) => [stream, outcome] as const),
        ...report.consumers.map(({ stream, consumer, outcome }) => [`${stream} ${consumer}`, outcome] as const),
      ].filter(([, outcome]) => outcome !== 'unchanged'),
    );
  };

  before(async () => {
    own = await startDeployedServers();
    nc = await connect({ servers: own.natsUrl, user: OBSERVER, pass: 'test' });
    manager = await nc.jetstreamManager();
    deployment = await connectAdmin(own.natsUrlFor(PROVISIONER));
  });
  after(async () => {
    await Promise.all([nc?.close(), deployment?.close()]);
    await own?.stop();
  });

  it('makes every stream and consumer of the contracts on an empty server, and changes nothing the second time', async () => {
    for (const name of Object.keys(streams)) await manager.streams.delete(name);
    const wanted = Object.entries(consumers).flatMap(([service, of]) =>
      Object.keys(of).map((it) => `${it} ${service}`),
    );
    const made = await outcomes();
    expect([...made.keys()]).to.have.members([...Object.keys(streams), ...wanted]);
    expect(new Set(made.values())).to.deep.equal(new Set(['created']));
    expect(await outcomes()).to.have.property('size', 0);
  });

  it('updates in place the consumers that services made for themselves, which go on where they were', async () => {
    await manager.consumers.delete('MISSION', 'approval');
    await publish('mission.unblocked');
    // As the version before made it, whose service wanted fewer events.
    await manager.consumers.add('MISSION', {
      durable_name: 'approval',
      ack_policy: AckPolicy.Explicit,
      filter_subject: 'mission.unblocked',
    });
    await (await (await nc.jetstream().consumers.get('MISSION', 'approval')).next())?.ackAck();
    await publish('mission.unblocked');
    expect(await outcomes()).to.deep.equal(new Map([['MISSION approval', 'updated']]));
    const { config, delivered, num_pending: pending } = await manager.consumers.info('MISSION', 'approval');
    expect(config).to.deep.include({ filter_subjects: [...consumers.approval.MISSION], max_ack_pending: 2_048 });
    expect([delivered.consumer_seq, pending]).to.deep.equal([1, 1]);
  });

  it('leaves subjects of a newer version to its copies where it only keeps what there is, and adds those that are missing', async () => {
    const stream = async (): Promise<string[]> => (await manager.streams.info('SCHEDULER')).config.subjects;
    await manager.streams.update('SCHEDULER', { subjects: ['timer.*', 'tomorrow.*'] });
    expect(await outcomes({ leaveSubjects: true })).to.deep.equal(new Map([['SCHEDULER', 'updated']]));
    expect(await stream()).to.have.members([...streams.SCHEDULER.subjects, 'tomorrow.*']);
    expect(await outcomes({ leaveSubjects: true })).to.have.property('size', 0);
    await outcomes();
    expect(await stream()).to.deep.equal([...streams.SCHEDULER.subjects]);

    const subjects = async (): Promise<string[]> =>
      (await manager.consumers.info('MISSION', 'approval')).config.filter_subjects ?? [];
    const [, ...others] = consumers.approval.MISSION;
    const change = async (filter_subjects: string[]) =>
      await manager.consumers.update('MISSION', 'approval', { filter_subjects });
    await change([...consumers.approval.MISSION, 'mission.of_tomorrow']);
    expect(await outcomes({ leaveSubjects: true })).to.have.property('size', 0);
    await change(['mission.of_tomorrow', ...others]);
    expect(await outcomes({ leaveSubjects: true })).to.deep.equal(new Map([['MISSION approval', 'updated']]));
    expect(await subjects()).to.have.members([...consumers.approval.MISSION, 'mission.of_tomorrow']);
    await outcomes();
    expect(await subjects()).to.deep.equal([...consumers.approval.MISSION]);
  });

  it('takes back what a stolen login of an earlier version may have set up', async () => {
    const { config } = await manager.streams.info('SCHEDULER');
    const republish = { src: 'timer.email', dest: 'approval.responded', headers_only: false };
    await manager.streams.update('SCHEDULER', { ...config, republish, max_msgs: 1 } as StreamConfig);
    await manager.consumers.delete('SCHEDULER', 'email-bridge');
    await manager.consumers.add('SCHEDULER', {
      durable_name: 'email-bridge',
      ack_policy: AckPolicy.None,
      deliver_subject: 'svc.approval.respond',
    });
    expect(await outcomes()).to.deep.equal(
      new Map([
        ['SCHEDULER', 'updated'],
        ['SCHEDULER email-bridge', 'created'],
      ]),
    );
    const after = (await manager.streams.info('SCHEDULER')).config;
    expect([after.republish, after.max_msgs]).to.deep.equal([undefined, -1]);
    const consumer = await manager.consumers.info('SCHEDULER', 'email-bridge');
    expect([consumer.config.deliver_subject, consumer.config.ack_policy]).to.deep.equal([undefined, 'explicit']);
  });
});
