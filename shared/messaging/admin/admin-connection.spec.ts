import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import { startDeployedServers, type DeployedServers } from '@missions/test-support/deployed-servers.ts';
import { provision } from '@missions/test-support/test-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Bus } from '../bus.ts';
import { connectBus } from '../connect.ts';
import { connectAdmin, OPERATOR, PROVISIONER, type AdminConnection } from './admin-connection.ts';
import { refusal, silent } from '../testing/request-fixtures.ts';
import { sampleEvent } from '../testing/sample-event.ts';
import { loseMessage, loseStream } from '../testing/storage.ts';

describe("an operator's connection to the bus, with the deployed permissions", () => {
  let own: DeployedServers;
  let mission: Bus;
  let operator: AdminConnection;

  before(async () => {
    own = await startDeployedServers();
    mission = await connectBus({ servers: own.natsUrlFor('mission'), name: 'mission', logger: silent });
    operator = await connectAdmin(own.natsUrlFor(OPERATOR));
  });
  after(async () => {
    await Promise.all([mission?.drain(), operator?.close()]);
    await own?.stop();
  });

  it('reports a stream that does not exist', async () => {
    await loseStream(own.natsUrlFor('observer'), 'MISSION');
    const reports = await operator.streams();
    expect(reports.map(({ stream, state }) => [stream, state])).to.deep.include(['MISSION', null]);
    expect(await operator.eventIdsInStream('MISSION')).to.deep.equal(new Set());
    expect(await operator.deadLetters.list()).to.deep.equal([]);
  });

  it('lists the ids of the events in a stream, over several pages, without lost events', async () => {
    await provision(own.natsUrlFor(PROVISIONER));
    const events = Array.from({ length: 2_345 }, () => sampleEvent());
    // In parts: each publication has its own time limit, and the server writes them to the disk one by one.
    for (let from = 0; from < events.length; from += 250)
      await Promise.all(events.slice(from, from + 250).map((event) => mission.publish(event)));
    expect(await operator.eventIdsInStream('MISSION')).to.deep.equal(new Set(events.map(({ id }) => id)));

    const last = sampleEvent();
    await mission.publish(last);
    await loseMessage(own.natsUrlFor('observer'), 'MISSION', 1);
    await loseMessage(own.natsUrlFor('observer'), 'MISSION', 2_346);
    const ids = await operator.eventIdsInStream('MISSION');
    expect([ids.size, ids.has(last.id)]).to.deep.equal([2_344, false]);
    await loseStream(own.natsUrlFor('observer'), 'MISSION', 'purged');
    expect(await operator.eventIdsInStream('MISSION')).to.have.property('size', 0);
  });

  it('reports streams and their consumers', async () => {
    const failing = sampleEvent({ type: 'mission.updated' });
    const scheduler = await connectBus({ servers: own.natsUrlFor('scheduler'), name: 'scheduler', logger: silent });
    await scheduler.consume({
      stream: 'MISSION',
      service: 'scheduler',
      handleOne: () => Promise.reject(new Error('not now')),
      backoffMs: [60_000],
    });
    await mission.publish(failing);
    const report = await waitUntil(async () =>
      (await operator.streams()).find(
        ({ stream, consumers }) =>
          stream === 'MISSION' && consumers.some((one) => one.consumer === 'scheduler' && one.ack_pending === 1),
      ),
    );
    expect(report.state).to.deep.include({ messages: 1, max_bytes: 512 * 1024 * 1024 });
    expect(report.consumers.map((one) => one.consumer)).to.have.members([
      'approval',
      'email-bridge',
      'notifier',
      'scheduler',
    ]);
    expect(report.consumers.find((one) => one.consumer === 'scheduler')).to.include({ pending: 0 });
    await scheduler.drain();
  });

  describe('for dead letters', () => {
    let handled: string[] = [];
    let repaired = false;
    const event = sampleEvent({ type: 'approval.responded', customer_id: 'Ünï "co"', data: { answer: 42 } });

    before(async () => {
      const approval = await connectBus({ servers: own.natsUrlFor('approval'), name: 'approval', logger: silent });
      const handleOne = async ({ id }: { id: string }) => {
        if (!repaired) throw new Error('a fault\nin two lines');
        handled.push(id);
      };
      await mission.consume({ stream: 'APPROVAL', service: 'mission', handleOne, maxDeliver: 2, backoffMs: [1] });
      await approval.publish(event);
      await approval.drain();
      await waitUntil(async () => (await operator.deadLetters.list()).length === 1);
    });

    it('lists each with its event and reason', async () => {
      const [deadLetter] = await operator.deadLetters.list();
      expect(deadLetter).to.deep.include({
        sequence: 1,
        service: 'mission',
        subject: 'approval.responded',
        reason: 'a fault in two lines',
        attempts: 2,
        event_id: event.id,
        customer_id: event.customer_id,
        mission_id: event.mission_id,
        stream: 'APPROVAL',
        stream_sequence: 1,
      });
      expect(Math.abs(Date.now() - Date.parse(deadLetter?.at ?? ''))).to.be.below(60_000);
    });

    it('shows one with its headers and body', async () => {
      const deadLetter = await operator.deadLetters.show(1);
      expect(JSON.parse(deadLetter.body)).to.deep.equal({ answer: 42 });
      expect(deadLetter.headers).to.include({ 'ce-id': event.id, 'dl-consumer': 'mission' });
      expect((await refusal(operator.deadLetters.show(7))).code).to.equal('NOT_FOUND');
    });

    it('replays a still failing event into a new dead letter, even within the duplicate window', async () => {
      expect(await operator.deadLetters.replay(1)).to.include({ event_id: event.id });
      const [again, ...more] = await waitUntil(async () => {
        const letters = await operator.deadLetters.list();
        return letters.length > 0 && letters;
      });
      expect([again?.sequence, again?.stream_sequence, more]).to.deep.equal([2, 2, []]);
    });

    it('replays a repaired event as it was first published, and removes its dead letter', async () => {
      repaired = true;
      await operator.deadLetters.replay(2);
      await waitUntil(() => handled.length > 0);
      expect([handled, await operator.deadLetters.list()]).to.deep.equal([[event.id], []]);
      expect((await refusal(operator.deadLetters.replay(2))).code).to.equal('NOT_FOUND');
    });

    it('keeps a dead letter whose replay is not stored', async () => {
      repaired = false;
      handled = [];
      const other = await connectBus({ servers: own.natsUrlFor('approval'), name: 'approval', logger: silent });
      await other.publish(sampleEvent({ type: 'approval.expired' }));
      await other.drain();
      const sequence = await waitUntil(async () => (await operator.deadLetters.list())[0]?.sequence);
      await mission.drain();
      await loseStream(own.natsUrlFor('observer'), 'APPROVAL');
      expect(await refusal(operator.deadLetters.replay(sequence))).to.be.instanceOf(Problem);
      expect((await operator.deadLetters.list()).map((letter) => letter.sequence)).to.deep.equal([sequence]);
      await operator.deadLetters.drop(sequence);
      expect(await operator.deadLetters.list()).to.deep.equal([]);
    });
  });

  it('fails within seconds if no server answers, and names the server', async () => {
    const error = await connectAdmin('nats://operator:x@127.0.0.1:1').catch((failure: Error) => failure);
    expect(error).to.be.instanceOf(Error).with.property('message', 'NATS at 127.0.0.1:1 does not answer.');
  });
});
