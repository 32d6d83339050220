import { expect } from 'chai';
import { approvalOutcomes } from '@missions/contracts/approval/events.ts';
import { confirmOutcome } from '@missions/contracts/approval/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { askUser, createMission, getMission, hearOutcome } from '@missions/contracts/mission/requests.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import type { Caller } from '@missions/contracts/request.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { sealOf } from '@missions/messaging/event-seal.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { ANSWER_KEY, asGateway, standingInFor } from '@missions/test-support/caller-keys.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { mission } from '../service.ts';

const logger = createLogger({ service: 'spec', level: 'silent' });
const caller: Caller = { kind: 'user', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: null };

interface Asked {
  readonly mission_id: string;
  readonly request_id: string;
}

/** The mission service as it is deployed; the approval service is this file. */
describe('an outcome of an input request', () => {
  let servers: DeployedServers;
  let database: TestDatabase;
  let service: RunningService;
  let gateway: Bus;
  let approval: Bus;
  let isAway = false;
  const deadLetters: string[] = [];
  const opened: Bus[] = [];
  /** The requests that the approval service was asked about, and those that it confirms. */
  let askedAbout: string[] = [];
  const truths = new Map<string, string | null>();

  const open = async (login: string, callerKeys = asGateway): Promise<Bus> => {
    const bus = await connectBus({ servers: servers.natsUrlFor(login), name: login, logger, callerKeys });
    opened.push(bus);
    return bus;
  };
  const start = async (env = {}): Promise<void> => {
    const urls = { databaseUrl: database.urlFor('mission'), natsUrl: servers.natsUrlFor('mission') };
    service = await startInProcess(mission, { ...urls, env });
  };
  const answerQuestions = async (): Promise<void> => {
    await approval.serve('approval', [
      endpoint(confirmOutcome, async ({ input: { request_id, response } }) => {
        askedAbout.push(request_id);
        if (isAway) throw new Problem('UNAVAILABLE', 'The database cannot be reached at present.');
        const isTrue = truths.has(request_id) && truths.get(request_id) === (response?.selected_option ?? null);
        return { body: { confirmed: isTrue } };
      }),
    ]);
  };

  before(async () => {
    servers = await startDeployedServers();
    database = await servers.freshDatabase({ services: ['mission'] });
    gateway = await open('gateway');
    approval = await open('approval', {
      believes: [
        ...(standingInFor('approval').believes ?? []),
        { name: 'mission', keys: [ANSWER_KEY], variable: 'ANSWER_KEY' },
      ],
    });
    (await open(OBSERVER)).subscribe('deadletter.mission', ({ headers }) => {
      deadLetters.push(headers['dl-reason']?.[0] ?? '');
    });
    await answerQuestions();
    await start();
  });
  beforeEach(() => {
    askedAbout = [];
    deadLetters.length = 0;
  });
  after(async () => {
    await service?.stop();
    await Promise.all(opened.map((bus) => bus.drain()));
    await servers?.stop();
  });

  const ask = async (): Promise<Asked> => {
    const input = { title: 'Book', tasks: [{ title: 'Book it' }] };
    const { id } = (await gateway.request(createMission, { caller, input })).json<MissionDetail>();
    const task_id = (await read({ mission_id: id })).tasks[0]?.id ?? '';
    const question = {
      prompt: 'Book?',
      options: [
        { id: 'yes', label: 'Yes' },
        { id: 'no', label: 'No' },
      ],
      task_id,
    };
    const asked = (await gateway.request(askUser, { caller, input: { mission_id: id, question } })).json<any>();
    return { mission_id: id, request_id: asked.id ?? asked.request_id };
  };
  const read = async ({ mission_id }: Pick<Asked, 'mission_id'>): Promise<MissionDetail> =>
    (await gateway.request(getMission, { caller, input: { mission_id } })).json<MissionDetail>();
  const isWaiting = async (asked: Asked): Promise<boolean> => (await read(asked)).tasks[0]?.status === 'waiting_human';
  const goesOn = (asked: Asked) => waitUntil(async () => !(await isWaiting(asked)));

  const responded = ({ mission_id, request_id }: Asked, option = 'yes'): EventEnvelope => ({
    id: newId(),
    type: approvalOutcomes.responded,
    source: '/services/approval',
    time: '2026-11-28T12:00:00.000Z',
    customer_id: 'acme',
    user_id: 'ada',
    mission_id,
    version: 2,
    index: 0,
    data: {
      customer_id: 'acme',
      user_id: 'ada',
      mission_id,
      task_id: null,
      request_id,
      response: { selected_option: option, freeform_text: null, responded_by: 'ada', via: 'api' },
    },
  });
  const publish = async (bus: Bus, event: EventEnvelope, key?: string): Promise<void> => {
    const body = JSON.stringify(event.data);
    await bus.publish(event, body, { seal: key && sealOf([key], event, body) });
  };
  /** An event that is handled after all that were published before it. */
  const handledSoFar = async (): Promise<void> => {
    const marker = await ask();
    await publish(approval, responded(marker), ANSWER_KEY);
    await goesOn(marker);
  };

  it('is believed by the seal of the approval service, which is not asked', async () => {
    const asked = await ask();
    await publish(approval, responded(asked), ANSWER_KEY);
    await goesOn(asked);
    expect(askedAbout).to.deep.equal([]);
  });

  for (const login of ['operator', 'approval'] as const) {
    it(`that the login of ${login} has published and the approval service denies moves nothing`, async () => {
      const asked = await ask();
      const forger = login === 'approval' ? approval : await open(login);
      await publish(forger, responded(asked));
      await publish(forger, responded(asked), 'a-key-that-was-guessed-or-made-up');
      await waitUntil(() => deadLetters.length === 2);
      expect(deadLetters[0]).to.match(/^VALIDATION_FAILED: Event \S+ says approval.responded .*that service denies it/);
      expect(askedAbout).to.include(asked.request_id);
      expect(await isWaiting(asked)).to.equal(true);
      await publish(approval, responded(asked, 'no'), ANSWER_KEY);
      await goesOn(asked);
    });
  }

  it('whose seal stood on another event, or whose words were changed, is not believed', async () => {
    const [asked, other] = [await ask(), await ask()];
    const event = responded(asked);
    const body = JSON.stringify(event.data);
    const seal = sealOf([ANSWER_KEY], event, body);
    const moved = responded(other);
    await approval.publish(moved, JSON.stringify(moved.data), { seal });
    await approval.publish({ ...event, data: responded(asked, 'no').data }, undefined, { seal });
    await waitUntil(() => deadLetters.length === 2);
    expect([await isWaiting(asked), await isWaiting(other)]).to.deep.equal([true, true]);
  });

  it('has its effect once when it is brought by request and then by the stream', async () => {
    const asked = await ask();
    const { data, ...event } = responded(asked);
    const body = JSON.stringify(data);
    const seal = sealOf([ANSWER_KEY], { ...event, data }, body);
    await gateway.request(hearOutcome, { caller, input: { event, body, seal } });
    expect(await isWaiting(asked)).to.equal(false);
    const { version } = await read(asked);
    await approval.publish({ ...event, data }, body, { seal });
    await handledSoFar();
    expect((await read(asked)).version).to.equal(version);
    expect(deadLetters).to.deep.equal([]);
  });

  it('that is brought by request without the seal, or to another customer, moves nothing', async () => {
    const asked = await ask();
    const { data, ...event } = responded(asked);
    const body = JSON.stringify(data);
    const seal = sealOf([ANSWER_KEY], { ...event, data }, body);
    const code = (attempt: Promise<unknown>) =>
      attempt.then(
        () => 'believed',
        (error: Problem) => error.code,
      );
    const brought = { event, body, seal: '1;made-up' };
    expect(await code(gateway.request(hearOutcome, { caller, input: brought }))).to.equal('VALIDATION_FAILED');
    const stranger = { ...caller, customer_id: 'another' };
    const theirs = gateway.request(hearOutcome, { caller: stranger, input: { event, body, seal } });
    expect(await code(theirs)).to.equal('FORBIDDEN');
    expect(await isWaiting(asked)).to.equal(true);
  });

  it('without a seal, as older versions publish it, is believed when the approval service confirms it', async () => {
    const asked = await ask();
    truths.set(asked.request_id, 'yes');
    await publish(approval, responded(asked));
    await goesOn(asked);
    expect(askedAbout).to.include(asked.request_id);
    expect(deadLetters).to.deep.equal([]);
  });

  it('without a seal waits while the approval service cannot answer, and becomes no dead letter', async () => {
    const asked = await ask();
    truths.set(asked.request_id, 'yes');
    isAway = true;
    await publish(approval, responded(asked));
    await waitUntil(() => askedAbout.length > 2);
    expect(await isWaiting(asked)).to.equal(true);
    isAway = false;
    await goesOn(asked);
    expect(deadLetters).to.deep.equal([]);
  });

  it('sealed with the new or the old key is believed during a rotation', async () => {
    await service.stop();
    await start({ ANSWER_KEY: `the-new-answer-key-of-this-rotation,${ANSWER_KEY}` });
    const [before, after] = [await ask(), await ask()];
    await publish(approval, responded(before), ANSWER_KEY);
    await publish(approval, responded(after), 'the-new-answer-key-of-this-rotation');
    await Promise.all([goesOn(before), goesOn(after)]);
    await handledSoFar();
    expect([askedAbout, deadLetters]).to.deep.equal([[], []]);
  });
});
