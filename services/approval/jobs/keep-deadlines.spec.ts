import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import type { Job } from '@missions/service-kit/service.ts';
import { type ServiceUnderTest, startServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Context } from '../commands/execute-command.ts';
import { approval } from '../service.ts';
import { askedRequest, eventsAbout, inputRequestedEvent, timerFiredEvent } from '../testing/fixtures.ts';
import { startKeepingDeadlines } from './keep-deadlines.ts';

const HOUR = 3_600_000;
type Asked = ReturnType<typeof askedRequest>;

describe('deadlines of input requests', () => {
  let clock: VirtualClock;
  let service: ServiceUnderTest<Context>;
  let jobs: Job[];

  before(async () => {
    clock = new VirtualClock(new Date('2027-03-01T12:00:00.000Z'));
    service = await startServiceUnderTest(approval, { clock });
  });
  beforeEach(() => {
    jobs = [startKeepingDeadlines(service.context)];
  });
  afterEach(async () => {
    for (const job of jobs) await job.stop();
  });
  after(() => service?.stop());

  const inHours = (hours: number): string => new Date(clock.now().getTime() + hours * HOUR).toISOString();
  const put = async (change: Partial<Asked> = {}): Promise<Asked> => {
    const it = askedRequest(clock.now(), change);
    await service.handle(inputRequestedEvent(it));
    return it;
  };
  const story = async ({ id }: Asked) => (await eventsAbout(service.db, id)).map(({ type }) => type);
  const becomes = (it: Asked, types: readonly string[]) =>
    waitUntil(async () => (await story(it)).join() === types.join(), { what: types.join() });

  it('come by themselves, after the reminder, and at no other time', async () => {
    const [it, later] = [await put({ remind_at: inHours(0.5) }), await put({ expires_at: inHours(2) })];
    clock.advance(HOUR / 2);
    await becomes(it, ['approval.requested', 'approval.reminder_due']);
    clock.advance(HOUR / 2 - 1);
    const probe = await put({ expires_at: inHours(0) });
    await becomes(probe, ['approval.requested', 'approval.expired']);
    expect(await story(it)).to.have.lengthOf(2);
    clock.advance(1);
    await becomes(it, ['approval.requested', 'approval.reminder_due', 'approval.expired']);
    expect(await story(later)).to.have.lengthOf(1);
  });

  it('come also after a reminder that is left out', async () => {
    const mission = { mission_id: (await put()).mission_id };
    const times = { ...mission, remind_at: inHours(0.5), expires_at: inHours(1) };
    const both = [await put(times), await put(times)];
    clock.advance(HOUR / 2);
    const reminded = async () => (await Promise.all(both.map(story))).flat().filter((type) => type.includes('remind'));
    await waitUntil(async () => (await reminded()).length === 1);
    clock.advance(HOUR / 2);
    for (const it of both) await waitUntil(async () => (await story(it)).includes('approval.expired'));
    expect(await reminded()).to.have.lengthOf(1);
  });

  it('take effect once among two copies of the service', async () => {
    jobs.push(startKeepingDeadlines(service.context));
    const many = await Promise.all(Array.from({ length: 100 }, () => put({ expires_at: inHours(1) })));
    clock.advance(HOUR);
    for (const it of many) await becomes(it, ['approval.requested', 'approval.expired']);
  });

  it('of others come although one of them cannot be kept', async () => {
    const [broken, other] = [await put({ expires_at: inHours(1) }), await put({ expires_at: inHours(2) })];
    await service.db.pool.query(
      `alter table input_request add constraint spec check (id <> '${broken.id}' or status = 'pending')`,
    );
    clock.advance(2 * HOUR);
    await becomes(other, ['approval.requested', 'approval.expired']);
    await service.db.pool.query('alter table input_request drop constraint spec');
    await becomes(broken, ['approval.requested', 'approval.expired']);
  });

  it('of requests that a version before has stored are left to their timers', async () => {
    const it = await put({ expires_at: inHours(1) });
    await service.db.pool.query('update input_request set due_at = null where id = $1', [it.id]);
    clock.advance(HOUR);
    const probe = await put({ expires_at: inHours(0) });
    await becomes(probe, ['approval.requested', 'approval.expired']);
    expect(await story(it)).to.have.lengthOf(1);
    await service.handle(timerFiredEvent(it, 'expire'));
    await becomes(it, ['approval.requested', 'approval.expired']);
  });
});
