import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { loseMessage, loseStream } from '@missions/messaging/testing/storage.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import type { Api } from '@missions/test-support/api.ts';
import { OBSERVER } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type OperatedProduct, operatedProduct } from './operated-product.ts';

describe('what operators repair in a running product', () => {
  let operated: OperatedProduct;
  let operator: OperatedProduct['operator'];
  let product: OperatedProduct['product'];
  let api: Api;
  let observer: Bus;

  const messages = async (stream: string): Promise<number> =>
    (await operator.json('status')).streams.find((one: any) => one.stream === stream).state?.messages ?? 0;

  before(async () => {
    operated = await operatedProduct();
    ({ operator, product, api } = operated);
    observer = await connectBus({
      servers: operated.servers.natsUrlFor(OBSERVER),
      name: OBSERVER,
      logger: createLogger({ service: OBSERVER, level: 'silent' }),
    });
  });
  after(async () => {
    await observer?.drain();
    await operated?.stop();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(product.logs());
  });

  it('rebuild-stream restores a stream that was lost with unconsumed events, and each event has its effect once', async () => {
    const before = await api.mission();
    await operated.published();
    await product.approval.kill();
    const lost = await api.mission();
    expect((await operated.ask(lost.id)).status).to.equal(201);
    await waitUntil(async () => (await operator.json('outbox', '--service', 'mission'))[0].pending === 0, {
      everyMs: 200,
    });
    const stored = await messages('MISSION');
    await loseStream(operated.servers.natsUrlFor(OBSERVER), 'MISSION');
    expect((await operator.json('missions', 'show', lost.id)).input_requests).to.deep.equal([]);

    const counted: any[] = await operator.json('rebuild-stream', '--all', '--dry-run');
    expect(counted.filter(({ missing }) => missing > 0)).to.deep.equal(
      counted.filter(({ service, stream }) => service === 'mission' && stream === 'MISSION'),
    );
    expect(counted.find(({ missing }) => missing > 0)).to.include({ missing: stored, republished: 0 });
    expect((await operator.execute('rebuild-stream', '--all', 'MISSION')).code).to.equal(2);
    const [mission, ...others] = await operator.json('rebuild-stream', 'MISSION');
    // The relay looks at its stream every minute too: what it was first to publish again is not missing any more.
    expect(mission).to.include({ service: 'mission', kept: stored, taken_for_repetitions: 0 });
    expect([mission.missing, mission.missing <= stored]).to.deep.equal([mission.republished, true]);
    expect(others.map((one: any) => one.kept)).to.deep.equal(others.map(() => 0));
    expect(await messages('MISSION')).to.equal(stored);
    expect((await operator.json('rebuild-stream', 'MISSION'))[0]).to.include({
      kept: stored,
      missing: 0,
      republished: 0,
    });

    await product.approval.start();
    const shown = await waitUntil(
      async () => {
        const answer = await operator.json('missions', 'show', lost.id);
        return answer.input_requests.length > 0 && answer;
      },
      { everyMs: 200 },
    );
    expect(shown.input_requests).to.have.length(1);
    const consumed = () =>
      operator
        .json('status')
        .then(({ streams }) =>
          streams
            .find((one: any) => one.stream === 'MISSION')
            .consumers.find((one: any) => one.consumer === 'approval'),
        );
    await waitUntil(
      async () => {
        const { pending, ack_pending } = await consumed();
        return pending === 0 && ack_pending === 0;
      },
      { everyMs: 200 },
    );
    expect((await operator.json('missions', 'show', before.id)).version).to.equal(before.version);
    expect((await operator.json('missions', 'show', lost.id)).input_requests).to.have.length(1);
    expect((await operator.json('status')).dead_letters).to.equal(0);
  });

  it('rebuild-stream restores events lost in the middle of a stream, and reports when it must be repeated', async () => {
    // An event of now: nothing else takes it out of the stream or brings it back meanwhile.
    await api.mission();
    await operated.published();
    const state = (await operator.json('status')).streams.find((one: any) => one.stream === 'MISSION').state;
    await loseMessage(operated.servers.natsUrlFor(OBSERVER), 'MISSION', state.last_sequence);
    const services = await operator.json('rebuild-stream', 'MISSION', '--dry-run');
    expect(services.reduce((sum: number, one: any) => sum + one.missing, 0)).to.equal(1);
    // The server remembers the id for two more minutes, and drops a repetition.
    const soon = await operator.execute('rebuild-stream', 'MISSION', '--json');
    expect(soon.code, soon.stderr).to.equal(1);
    expect(soon.stderr).to.contain('after two minutes: call this again');
    expect(soon.value.reduce((sum: number, one: any) => sum + one.taken_for_repetitions, 0)).to.equal(1);
  });

  it('dead-letters shows a failed event, replays it after the repair, and drops a message that is no event', async () => {
    let mended = false;
    const effects: string[] = [];
    const handleOne = async (event: EventEnvelope): Promise<void> => {
      if (!mended) throw new Error('the fault');
      effects.push(event.id);
    };
    await observer.consume({
      setUp: makeConsumer,
      stream: 'EMAIL',
      service: OBSERVER,
      handleOne,
      maxDeliver: 2,
      backoffMs: [1],
    });
    const about = {
      customer_id: 'acme',
      user_id: 'ann',
      mission_id: newId(),
      version: 1,
      index: 0,
      source: '/services/email-bridge',
      time: '2026-01-02T03:04:05.678Z',
    };
    const poisoned = { ...about, id: newId(), type: 'email.sent', data: { at: 'fault' } };
    // The mission service's consumer sends a message that is no event to the dead letters at once.
    const nonsense = { ...about, id: newId(), type: 'timer.mission', data: { at: 'nonsense' } };
    await observer.publish(poisoned);
    await observer.publish(nonsense);
    const deadLetters: any[] = await waitUntil(
      async () => {
        const list = await operator.json('dead-letters', 'list');
        return list.length === 2 && list;
      },
      { everyMs: 200 },
    );
    const [letter, other] = [
      deadLetters.find((one) => one.service === OBSERVER),
      deadLetters.find((one) => one.service === 'mission'),
    ];
    expect(letter).to.include({ event_id: poisoned.id, subject: 'email.sent', reason: 'the fault', attempts: 2 });
    expect(other).to.include({ event_id: nonsense.id });
    expect((await operator.execute('dead-letters', 'list')).stdout)
      .to.contain('email.sent')
      .and.contain('the fault');
    expect(JSON.parse((await operator.json('dead-letters', 'show', String(letter.sequence))).body)).to.deep.equal({
      at: 'fault',
    });
    expect((await operator.execute('dead-letters', 'show', String(letter.sequence))).stdout).to.contain(
      '"at": "fault"',
    );

    mended = true;
    const { code, stdout, stderr } = await operator.execute('dead-letters', 'replay', String(letter.sequence));
    expect([code, stdout], stderr).to.deep.equal([0, `Replayed ${letter.sequence} (email.sent ${poisoned.id})\n`]);
    await waitUntil(() => effects.length > 0);
    expect(effects).to.deep.equal([poisoned.id]);
    expect((await operator.json('dead-letters', 'list')).map((one: any) => one.event_id)).to.deep.equal([nonsense.id]);

    // The other message can never be handled: its replay becomes a new dead letter.
    expect((await operator.json('dead-letters', 'replay', '--all')).replayed).to.have.length(1);
    const again = await waitUntil(async () => (await operator.json('dead-letters', 'list'))[0], { everyMs: 200 });
    expect(again.sequence).to.be.above(other.sequence);
    await operator.json('dead-letters', 'drop', String(again.sequence));
    const gone = await operator.execute('dead-letters', 'show', String(again.sequence));
    expect([gone.code, gone.stderr]).to.deep.equal([1, `There is no dead letter ${again.sequence}.\n`]);
    expect((await operator.execute('dead-letters', 'list')).stdout).to.equal('Dead letters: none\n');
  });

  it('dead-letters shows and replays an event that the email-bridge could not handle', async () => {
    const nonsense = {
      id: newId(),
      type: 'timer.email',
      customer_id: 'acme',
      user_id: 'ann',
      mission_id: newId(),
      version: 1,
      index: 0,
      source: '/services/scheduler',
      time: '2026-01-02T03:04:05.678Z',
      data: { at: 'nonsense' },
    };
    await observer.publish(nonsense);
    const of = async (): Promise<any[]> => operator.json('dead-letters', 'list', '--service', 'email-bridge');
    const letter = await waitUntil(async () => (await of())[0], { everyMs: 200 });
    expect(letter).to.include({ event_id: nonsense.id, subject: 'timer.email', service: 'email-bridge' });
    await operator.json('dead-letters', 'replay', String(letter.sequence));
    const again = await waitUntil(async () => (await of()).find((one) => one.sequence > letter.sequence), {
      everyMs: 200,
    });
    expect(again.event_id).to.equal(nonsense.id);
    await operator.json('dead-letters', 'drop', String(again.sequence));
    expect(await of()).to.deep.equal([]);
  });

  it('emails quarantine lists, shows and drops what could not be read, and status counts it', async () => {
    const client = await connectStandalone({
      url: operated.database.urlFor('email_bridge'),
      schema: 'email_bridge',
      statementTimeoutMs: 5_000,
      name: 'spec',
    });
    await client.query(`insert into unread_mail values
      ('one', 'smtp', 'sarah@example.com', '["reply+x@localhost"]', 9, 3, 'no such charset', 'From: \\033[31m', now(), now()),
      ('two', 'smtp', '', '[]', 9, 1, '', null, now(), null)`);
    await client.end();
    const { set_aside } = await operator.json('emails', 'quarantine');
    expect(set_aside).to.have.lengthOf(1);
    expect(set_aside[0]).to.include({ key: 'one', via: 'smtp', size: 9, reason: 'no such charset' });
    expect((await operator.json('status')).mail.set_aside).to.equal(1);
    expect(await operator.json('emails', 'quarantine', 'show', 'one')).to.include({ head: 'From: \u001b[31m' });
    expect(await operator.json('emails', 'quarantine', 'drop', 'one')).to.deep.equal({ dropped: 'one' });
    expect((await operator.json('emails', 'quarantine', 'list')).set_aside).to.deep.equal([]);
  });
});
