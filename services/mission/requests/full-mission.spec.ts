import { expect } from 'chai';
import { approvalOutcomes } from '@missions/contracts/approval/events.ts';
import { emailOutcomes } from '@missions/contracts/email/events.ts';
import type { RequestedMail } from '@missions/contracts/email/email.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { MissionDetail, MissionEvent } from '@missions/contracts/mission/representation.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

/** The largest message that NATS carries here. */
const MESSAGE_BYTES = 8 * 1024 * 1024;
const user = { caller: { kind: 'user' } } as const;

/** The approval service and the email-bridge are this file. */
describe('a mission that its callers have filled', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());

  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
  const read = (mission_id: string) => service.request<MissionDetail>('get', { mission_id, include_events: 50 });
  const patch = (mission_id: string, fields: object, as = {}) =>
    service.request<MissionDetail>('patch', { mission_id, patch: fields }, as);
  const historyOf = async (mission_id: string) =>
    (await service.request<{ events: MissionEvent[] }>('list_events', { mission_id, filter: { order: 'desc' } }))
      .events;

  /** To the last kilobyte. */
  async function fill(mission_id: string): Promise<void> {
    for (const size of [90_000, 5_000, 100])
      for (let isFull = false; !isFull;)
        await service
          .request('add_task', { mission_id, task: { title: 'more', description: 'é'.repeat(size) } })
          .catch((error: { code: string }) => {
            expect(error.code).to.equal('VALIDATION_FAILED');
            isFull = true;
          });
  }
  async function filled(tasks: object[] = []): Promise<MissionDetail> {
    const mission = await service.request<MissionDetail>('create', {
      title: 'Full',
      can_run_autonomously: true,
      tasks: [{ title: 'first' }, { title: 'second' }, ...tasks],
    });
    await fill(mission.id);
    return mission;
  }

  const event = (type: string, mission_id: string, data: object): EventEnvelope => {
    const about = { customer_id: 'acme', user_id: 'ada', mission_id };
    const time = new Date().toISOString();
    return { id: newId(), type, source: '/', time, ...about, version: 2, index: 0, data: { ...about, ...data } };
  };
  const ask = async ({ id, tasks }: MissionDetail) => {
    const question = { prompt: 'Which day?', task_id: tasks[0]?.id };
    return (await service.request<{ id: string }>('ask', { mission_id: id, question })).id;
  };
  const responded = ({ id, tasks }: MissionDetail, request_id: string, text: string) =>
    event(approvalOutcomes.responded, id, {
      task_id: tasks[0]?.id,
      request_id,
      response: { selected_option: null, freeform_text: text, responded_by: 'ada', via: 'api' },
    });

  for (const [what, fields] of [
    ['cancelled', { status: 'cancelled' }],
    ['failed', { status: 'failed' }],
    ['completed', { status: 'completed', summary: 'as far as it went' }],
    ['paused', { status: 'paused' }],
  ] as const)
    it(`is ${what} by its user or an agent`, async () => {
      for (const as of [user, {}]) {
        const { id } = await filled();
        expect((await patch(id, fields, as)).status).to.equal(what);
      }
    });

  it('is run, and its tasks begin, end, are skipped and tried again', async () => {
    const { id, tasks } = await filled();
    const step = (status: string, index: number, more = {}) =>
      service.request('patch_task', { mission_id: id, task_id: tasks[index]?.id, patch: { status, ...more } });
    const run_id = newId();
    const grant = { mission_id: id, run_id, agent_id: null, attempt: 1, reason: 'created' };
    const { fence } = await service.request<{ fence: number }>('grant_run', grant);
    await step('in_progress', 0);
    await step('failed', 0, { error: 'no room left' });
    await service.request('retry', { mission_id: id });
    await step('skipped', 1);
    const ended = { mission_id: id, run_id, fence, status: 'failed', error: 'é'.repeat(10_000), pause: true };
    await service.request('settle_run', ended);
    expect(await read(id)).to.include({ status: 'paused', paused_by: 'system' });
  });

  it('hears an answer of a megabyte, once in full, and is read whole', async () => {
    const text = 'é'.repeat(500_000);
    const mission = await service.request<MissionDetail>('create', { title: 'Full', tasks: [{ title: 'first' }] });
    const request_id = await ask(mission);
    await fill(mission.id);
    await service.handle(responded(mission, request_id, text));
    const detail = await read(mission.id);
    expect(detail.tasks[0]).to.include({ status: 'in_progress' });
    expect(detail.tasks[0]?.result['response']).to.deep.include({
      freeform_text: `${'é'.repeat(500)}…`,
      omitted: { freeform_text: { characters: 499_500, in: 'history' } },
    });
    const [entry, ...more] = (await historyOf(mission.id)).filter(({ content }) => content === text);
    expect(entry).to.include({ event_type: 'input_responded' });
    expect(more).to.deep.equal([]);
    const { rows } = await service.db.pool.query<{ bytes: number }>(
      `select max(octet_length(data::text))::int as bytes from outbox where mission_id = $1`,
      [mission.id],
    );
    expect(rows[0]?.bytes).to.be.within(bytes(text), 1.1 * bytes(text));
    for (const reply of [detail, await service.request('resume', { mission_id: mission.id, conversation_id: 'b' })])
      expect(bytes(reply)).to.be.below(MESSAGE_BYTES);
  });

  it('hears replies by mail, and its wait for them ends', async () => {
    const [sarah, john] = ['sarah@example.com', 'john@example.com'];
    const mission = await service.request<MissionDetail>('create', { title: 'Full', tasks: [{ title: 'first' }] });
    const email = {
      to: [sarah, john],
      subject: 'Q1',
      body: 'When?',
      expect_reply: true,
      task_id: mission.tasks[0]?.id,
    };
    const mail = await service.request<RequestedMail>('email', { mission_id: mission.id, email });
    await fill(mission.id);
    const replyOf = (from_address: string) => ({
      id: newId(),
      tracking_id: mail.id,
      kind: 'reply',
      from_address,
      received_at: new Date().toISOString(),
      notified_at: null,
      parsed_response: null,
      untrusted: { from_name: '', snippet: 'é'.repeat(500), body_text: 'é'.repeat(500_000) },
    });
    const about = { tracking_id: mail.id, task_id: mail.task_id, subject: mail.subject, bounced: [] };
    const replies = [replyOf(sarah), replyOf(john)];
    for (const reply of replies)
      await service.handle(
        event(emailOutcomes.replied, mission.id, { ...about, reply, pending_from: [], received_from: [sarah, john] }),
      );
    await service.handle(
      event(emailOutcomes.noted, mission.id, {
        ...about,
        reply: { ...replyOf(john), kind: 'auto_reply' },
        pending_from: [],
        received_from: [sarah, john],
      }),
      event(emailOutcomes.allReplied, mission.id, {
        ...about,
        replies,
        pending_from: [],
        received_from: [sarah, john],
      }),
    );
    await waitUntil(async () => (await read(mission.id)).tasks[0]?.status === 'in_progress');
    const types = (await historyOf(mission.id)).map(({ event_type }) => event_type);
    expect(types.filter((type) => type === 'external_event')).to.have.length(3);
  });

  it('still refuses what its callers add, and takes their messages into its history', async () => {
    const { id, tasks } = await filled();
    const refused = async (attempt: Promise<unknown>) =>
      expect(await attempt.catch((error: { code: string }) => error.code)).to.equal('VALIDATION_FAILED');
    const large = 'é'.repeat(50_000);
    await refused(patch(id, { description: large }));
    await refused(patch(id, { status: 'cancelled', summary: large }));
    await refused(
      service.request('patch_task', { mission_id: id, task_id: tasks[0]?.id, patch: { result: { text: large } } }),
    );
    await refused(ask({ ...(await read(id)), tasks }));
    await service.request('log_event', { mission_id: id, event: { event_type: 'user_message', content: large } });
  });
});
