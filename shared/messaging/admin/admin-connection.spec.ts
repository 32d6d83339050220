import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import { startDeployedServers, type DeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Bus } from '../bus.ts';
import { connectBus } from '../connect.ts';
import { connectAdmin, OPERATOR, type AdminConnection } from './admin-connection.ts';
import { refusal, silent } from '../testing/request-fixtures.ts';
import { sampleEvent } from '../testing/sample-event.ts';
import { loseMessage, loseStream } from '../testing/storage.ts';

describe("an operator's line to the bus, with the deployed permissions", function () {
  this.timeout(20_000);
  let own: DeployedServers;
  let mission: Bus;
  let line: AdminConnection;

  before(async () => {
    own = await startDeployedServers();
    mission = await connectBus({ servers: own.natsUrlFor('mission'), name: 'mission', logger: silent });
    line = await connectAdmin(own.natsUrlFor(OPERATOR));
  });
  after(async () => {
    await Promise.all([mission?.drain(), line?.close()]);
    await own?.stop();
  });

  it('says of a stream that there is none', async () => {
    const reports = await line.streams();
    expect(reports.map(({ stream, state }) => [stream, state])).to.deep.include(['MISSION', null]);
    expect(await line.eventIdsInStream('MISSION')).to.deep.equal(new Set());
    expect(await line.deadLetters.list()).to.deep.equal([]);
  });

  it('tells which events a stream holds, over several pages, and not those that came meanwhile or were lost', async () => {
    await mission.ensureStreams(['MISSION', 'DEADLETTER']);
    const events = Array.from({ length: 2_345 }, () => sampleEvent());
    await Promise.all(events.map((event) => mission.publish(event)));
    expect(await line.eventIdsInStream('MISSION')).to.deep.equal(new Set(events.map(({ id }) => id)));

    const last = sampleEvent();
    await mission.publish(last);
    await loseMessage(own.natsUrlFor('observer'), 'MISSION', 1);
    await loseMessage(own.natsUrlFor('observer'), 'MISSION', 2_346);
    const held = await line.eventIdsInStream('MISSION');
    expect([held.size, held.has(last.id)]).to.deep.equal([2_344, false]);
    await loseStream(own.natsUrlFor('observer'), 'MISSION', 'purged');
    expect(await line.eventIdsInStream('MISSION')).to.have.property('size', 0);
  });

  it('reports streams and their consumers', async () => {
    const failing = sampleEvent({ type: 'mission.updated' });
    const consumption = await mission.consume({
      stream: 'MISSION',
      service: 'mission',
      subjects: ['mission.updated'],
      handleOne: () => Promise.reject(new Error('not now')),
      backoffMs: [60_000],
    });
    await mission.publish(failing);
    const report = await waitUntil(async () =>
      (await line.streams()).find(({ stream, consumers }) => stream === 'MISSION' && consumers[0]?.ack_pending === 1),
    );
    expect(report.state).to.deep.include({ messages: 1, max_bytes: 512 * 1024 * 1024 });
    expect(report.consumers[0]).to.include({ consumer: 'mission', pending: 0 });
    await consumption.stop();
  });

  describe('and the dead letters', () => {
    let heard: string[] = [];
    let mended = false;
    const event = sampleEvent({ type: 'approval.responded', customer_id: 'Ünï "co"', data: { answer: 42 } });

    before(async () => {
      const approval = await connectBus({ servers: own.natsUrlFor('approval'), name: 'approval', logger: silent });
      await approval.ensureStreams(['APPROVAL']);
      const handleOne = async ({ id }: { id: string }) => {
        if (!mended) throw new Error('a fault\nin two lines');
        heard.push(id);
      };
      await mission.consume({ stream: 'APPROVAL', service: 'mission', handleOne, maxDeliver: 2, backoffMs: [1] });
      await approval.publish(event);
      await approval.drain();
      await waitUntil(async () => (await line.deadLetters.list()).length === 1);
    });

    it('lists them with what and why', async () => {
      const [letter] = await line.deadLetters.list();
      expect(letter).to.deep.include({
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
      expect(Math.abs(Date.now() - Date.parse(letter?.at ?? ''))).to.be.below(60_000);
    });

    it('shows one whole', async () => {
      const letter = await line.deadLetters.show(1);
      expect(JSON.parse(letter.body)).to.deep.equal({ answer: 42 });
      expect(letter.headers).to.include({ 'ce-id': event.id, 'dl-consumer': 'mission' });
      expect((await refusal(line.deadLetters.show(7))).code).to.equal('NOT_FOUND');
    });

    it('replays one that is not mended into a new letter, within the time in which the stream drops repetitions', async () => {
      expect(await line.deadLetters.replay(1)).to.include({ event_id: event.id });
      const [again, ...more] = await waitUntil(async () => {
        const letters = await line.deadLetters.list();
        return letters.length > 0 && letters;
      });
      expect([again?.sequence, again?.stream_sequence, more]).to.deep.equal([2, 2, []]);
    });

    it('replays one that is mended: as it was first published, and the letter is gone', async () => {
      mended = true;
      await line.deadLetters.replay(2);
      await waitUntil(() => heard.length > 0);
      expect([heard, await line.deadLetters.list()]).to.deep.equal([[event.id], []]);
      expect((await refusal(line.deadLetters.replay(2))).code).to.equal('NOT_FOUND');
    });

    it('keeps a letter whose replay is not stored', async () => {
      mended = false;
      heard = [];
      const other = await connectBus({ servers: own.natsUrlFor('approval'), name: 'approval', logger: silent });
      await other.publish(sampleEvent({ type: 'approval.expired' }));
      await other.drain();
      const sequence = await waitUntil(async () => (await line.deadLetters.list())[0]?.sequence);
      await mission.drain();
      await loseStream(own.natsUrlFor('observer'), 'APPROVAL');
      expect(await refusal(line.deadLetters.replay(sequence))).to.be.instanceOf(Problem);
      expect((await line.deadLetters.list()).map((letter) => letter.sequence)).to.deep.equal([sequence]);
      await line.deadLetters.drop(sequence);
      expect(await line.deadLetters.list()).to.deep.equal([]);
    });
  });

  it('says in a moment that nobody answers, and where', async () => {
    const error = await connectAdmin('nats://operator:x@127.0.0.1:1').catch((failure: Error) => failure);
    expect(error).to.be.instanceOf(Error).with.property('message', 'NATS at 127.0.0.1:1 does not answer.');
  });
});
