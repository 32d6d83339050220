import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { InboxItem, InboxPage } from '@missions/contracts/mission/inbox.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { refusal } from '@missions/service-kit/testing/service-under-test.ts';
import { fillInbox } from '../jobs/fill-inbox.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

const HOUR = 3_600_000;

describe('the inbox', () => {
  let service: MissionUnderTest;
  const clock = new VirtualClock(new Date('2026-06-01T12:00:00Z'));
  before(async () => {
    service = await startMissionUnderTest(clock);
  });
  after(() => service.stop());

  let user: Partial<Caller>;
  beforeEach(() => {
    user = { kind: 'user', user_id: `user ${newId()}` };
  });

  const at = (hours: number): string => new Date(clock.now().getTime() + hours * HOUR).toISOString();
  const asUser = <T>(verb: string, input: object, caller = user) => service.request<T>(verb, input, { caller });
  const asAgent = <T>(verb: string, input: object) =>
    service.request<T>(verb, input, { caller: { user_id: user.user_id ?? null, agent_id: 'planner' } });
  const create = (tasks: object[] = [{ title: 'Book' }]) =>
    asAgent<MissionDetail>('create', { title: 'Journey', tasks });
  const ask = ({ id }: { id: string }, question: object = {}) =>
    asAgent<{ id: string }>('ask', { mission_id: id, question: { prompt: 'Tuesday?', ...question } });
  const inbox = (filter = {}, caller = user) => asUser<InboxPage>('inbox', filter, caller);
  const kinds = async (filter = {}) => (await inbox(filter)).items.map(({ kind }) => kind);
  const only = async (filter = {}): Promise<InboxItem> => {
    const { items } = await inbox(filter);
    expect(items).to.have.length(1);
    return items[0] as InboxItem;
  };
  const see = (items: unknown[], caller = user) => asUser<{ items: InboxItem[] }>('inbox_seen', { items }, caller);
  const snooze = (item: unknown, until: string) => asUser<{ items: InboxItem[] }>('inbox_snooze', { item, until });
  const fail = ({ id, tasks }: MissionDetail, error = 'no room') =>
    asAgent('patch_task', { mission_id: id, task_id: tasks[0]?.id, patch: { status: 'failed', error } });
  const failing = async (): Promise<MissionDetail> => {
    const mission = await create();
    await asAgent('patch_task', {
      mission_id: mission.id,
      task_id: mission.tasks[0]?.id,
      patch: { status: 'in_progress' },
    });
    await fail(mission);
    return mission;
  };
  const handle = (type: string, { id: mission_id }: { id: string }, about: object) => {
    const scope = { customer_id: 'acme', user_id: user.user_id ?? '', mission_id };
    const time = clock.now().toISOString();
    const event: EventEnvelope = {
      id: newId(),
      type,
      source: '/x',
      time,
      ...scope,
      version: 1,
      index: 0,
      data: { ...scope, ...about },
    };
    return service.handle(event);
  };
  const rowsOf = async ({ id }: { id: string }): Promise<number> =>
    (await service.db.pool.query('select 1 from inbox_item where mission_id = $1', [id])).rowCount ?? 0;

  it('of a user for whom nothing waits is empty, and an everyday mission writes nothing into it', async () => {
    const mission = await create();
    await asAgent('patch_task', {
      mission_id: mission.id,
      task_id: mission.tasks[0]?.id,
      patch: { status: 'completed' },
    });
    expect(await inbox()).to.deep.equal({
      items: [],
      counts: { answer: 0, look_at: 0, ending: 0 },
      wakes_at: null,
      next_cursor: null,
    });
    expect(await rowsOf(mission)).to.equal(0);
    expect(mission).to.include({ needs_attention: false }).and.to.have.deep.property('attention', []);
  });

  it('shows the most pressing first: urgency, then the nearest deadline, then the oldest', async () => {
    const mission = await create();
    await ask(mission, { prompt: 'low', urgency: 'low', expires_in_hours: 1 });
    await ask(mission, { prompt: 'later', expires_in_hours: 20 });
    await ask(mission, { prompt: 'sooner', expires_in_hours: 10 });
    await ask(mission, { prompt: 'high', urgency: 'high', expires_in_hours: 50 });
    await failing();
    clock.advance(1000);
    const { id } = await failing();
    await asAgent('patch', { mission_id: id, patch: { title: 'Second' } });
    const whole = await inbox();
    const shown = ({ items }: InboxPage) =>
      items.map((item) => (item.kind === 'question' ? item.summary : item.mission.title));
    expect(shown(whole)).to.deep.equal(['high', 'sooner', 'later', 'Journey', 'Second', 'low']);
    expect(whole.counts).to.deep.equal({ answer: 4, look_at: 2, ending: 0 });
    const paged: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: InboxPage = await inbox({ limit: 2, ...(cursor && { cursor }) });
      expect(page.counts).to.deep.equal(whole.counts);
      paged.push(...page.items.map((item) => item.id));
      cursor = page.next_cursor;
    }
    expect(paged).to.deep.equal(whole.items.map((item) => item.id));
    expect(await kinds({ group: 'look_at' })).to.deep.equal(['task_failed', 'task_failed']);
  });

  it('names what an item is about', async () => {
    const mission = await create();
    const question = await ask(mission, { task_id: mission.tasks[0]?.id, urgency: 'high', expires_in_hours: 4 });
    expect(await only()).to.deep.equal({
      id: `${mission.id}:question:${question.id}`,
      kind: 'question',
      group: 'answer',
      mission: { id: mission.id, title: 'Journey' },
      task_id: mission.tasks[0]?.id,
      request_id: question.id,
      summary: 'Tuesday?',
      since: at(0),
      until: at(4),
      agent_id: 'planner',
      urgency: 'high',
    });
    expect(await asUser<MissionDetail>('get', { mission_id: mission.id })).to.have.deep.property('attention', [
      'question',
    ]);
    const { missions } = await asUser<{ missions: MissionDetail[] }>('list', {});
    expect(missions[0]).to.have.deep.property('attention', ['question']);
  });

  const deeds: [
    what: string,
    deed: (mission: MissionDetail, request_id: string) => Promise<unknown>,
    left: string[],
  ][] = [
    [
      'its question is taken back',
      ({ id: mission_id }, request_id) => asUser('withdraw', { mission_id, request_id, reason: 'settled' }),
      [],
    ],
    ['its mission ends', ({ id }) => asUser('patch', { mission_id: id, patch: { status: 'cancelled' } }), []],
    [
      'nobody answers',
      (mission, request_id) => handle('approval.expired', mission, { request_id, task_id: null }),
      ['unanswered'],
    ],
  ];
  for (const [what, deed, left] of deeds)
    it(`has no question any more once ${what}`, async () => {
      const mission = await create();
      const { id } = await ask(mission);
      await deed(mission, id);
      expect(await kinds()).to.deep.equal(left);
      if (left.length > 0) expect(await only()).to.include({ group: 'look_at', request_id: id });
      await asUser('keep', { mission_id: mission.id }).catch(() => undefined);
      expect(await kinds()).to.deep.equal([]);
    });

  it('shows as news again what was marked as seen by mistake', async () => {
    await failing();
    const item = await only();
    await see([item]);
    const unsee = () => asUser<{ items: InboxItem[] }>('inbox_seen', { items: [item.id], seen: false });
    for (const marked of [await unsee(), await unsee()]) expect(marked).to.deep.equal({ items: [item] });
    expect(await only()).to.deep.equal(item);
    expect((await see([item])).items[0]?.seen_at).to.be.a('string');
  });

  it('shows what is seen on every device until it changes', async () => {
    const mission = await failing();
    const item = await only();
    expect(item).not.to.have.property('seen_at');
    const seen = at(0);
    expect(await see([item])).to.deep.equal({ items: [{ ...item, seen_at: seen }] });
    clock.advance(HOUR);
    await see([item.id, item]);
    expect(await only()).to.include({ seen_at: seen });
    await asUser('patch', { mission_id: mission.id, patch: { priority: 'urgent' } });
    expect(await only()).not.to.have.property('seen_at');
  });

  it('leaves out what is snoozed, in list and counts, until its time', async () => {
    await failing();
    const item = await only();
    const until = at(2);
    expect(await snooze(item, until)).to.deep.equal({ items: [{ ...item, snoozed_until: until }] });
    expect(await inbox()).to.deep.include({ items: [], counts: { answer: 0, look_at: 0, ending: 0 }, wakes_at: until });
    expect(await only({ snoozed: true })).to.include({ id: item.id, snoozed_until: until });
    clock.advance(2 * HOUR);
    expect(await only()).to.deep.equal(item);
    expect(await kinds({ snoozed: true })).to.deep.equal([]);
  });

  it('shows what is snoozed at once when it fails anew', async () => {
    const mission = await failing();
    const item = await only();
    await snooze(item.id, at(500));
    await asUser('retry', { mission_id: mission.id });
    expect(await kinds({ snoozed: true })).to.deep.equal([]);
    await asAgent('patch_task', {
      mission_id: mission.id,
      task_id: mission.tasks[0]?.id,
      patch: { status: 'in_progress' },
    });
    await fail(mission, 'still none');
    const again = await only();
    expect(again).to.include({ id: item.id, summary: 'Task "Book" failed: "still none"' });
    expect(again).not.to.have.property('snoozed_until');
  });

  it('shows what is snoozed at once when what it is about reads differently', async () => {
    const mission = await create();
    await ask(mission, { task_id: mission.tasks[0]?.id });
    await snooze(await only(), at(24));
    await asAgent('log_event', { mission_id: mission.id, event: { event_type: 'note', content: 'thinking' } });
    expect(await kinds()).to.deep.equal([]);
    await asUser('patch_task', {
      mission_id: mission.id,
      task_id: mission.tasks[0]?.id,
      patch: { description: 'Two nights' },
    });
    expect(await kinds()).to.deep.equal(['question']);
  });

  for (const [what, hours, message] of [
    ['a time that is past', 0, 'must be in the future'],
    ['more than 90 days', 90 * 24 + 1, 'must be at most 90 days from now'],
  ] as const)
    it(`puts nothing off until ${what}`, async () => {
      await failing();
      const { code, members } = await refusal(snooze((await only()).id, at(hours)));
      expect(code).to.equal('VALIDATION_FAILED');
      expect(members.errors).to.deep.equal([{ path: '/until', message }]);
      expect(await kinds()).to.deep.equal(['task_failed']);
    });

  it('knows an item that is over, and no item of somebody else', async () => {
    const mission = await failing();
    const item = await only();
    const other = { ...user, user_id: `user ${newId()}` };
    const foreign: [() => Promise<unknown>, string][] = [
      [() => see([item], other), item.id],
      [() => see([item.id], { ...user, customer_id: 'globex' }), item.id],
      [() => see([item, 'task_failed:x']), 'task_failed:x'],
      [() => snooze(`${mission.id}:stale`, at(1)), `${mission.id}:stale`],
    ];
    for (const [call, named] of foreign) {
      const { code, message } = await refusal(call());
      expect(code).to.equal('NOT_FOUND');
      expect(message).to.include(named);
    }
    expect(await only()).not.to.have.property('seen_at');
    await asUser('retry', { mission_id: mission.id });
    expect(await see([item])).to.deep.equal({ items: [] });
    expect(await snooze(item, at(1))).to.deep.equal({ items: [] });
  });

  it('tells the user’s other devices what was marked on one', async () => {
    await failing();
    const item = await only();
    service.notifications.length = 0;
    await see([item]);
    await snooze(item, at(1));
    const hint = { customerId: 'acme', userId: user.user_id, payload: { type: 'inbox' } };
    expect(service.notifications).to.deep.equal([hint, hint]);
  });

  it('holds what waits through marks and decisions of the same moment', async () => {
    const missions = await Promise.all(Array.from({ length: 10 }, () => create([])));
    const asked = await Promise.all(
      missions.flatMap((mission) => Array.from({ length: 4 }, async () => ({ mission, ...(await ask(mission)) }))),
    );
    const { items } = await inbox({ limit: 200 });
    expect(items).to.have.length(40);
    const ids = items.map(({ id }) => id);
    const turned = (turn: number) => [...ids.slice(turn % 40), ...ids.slice(0, turn % 40)];
    await Promise.all([
      ...asked
        .slice(0, 20)
        .map(({ mission, id }) => asUser('withdraw', { mission_id: mission.id, request_id: id, reason: 'settled' })),
      ...Array.from({ length: 80 }, (_, turn) => see(turned(turn))),
      ...Array.from({ length: 100 }, (_, turn) => snooze(ids[turn % 40], at(1 + turn))),
    ]);
    const { counts } = await inbox();
    const snoozed = await inbox({ snoozed: true, limit: 200 });
    expect(counts.answer + snoozed.items.length).to.equal(20);
    const open = new Set(asked.slice(20).map(({ id }) => id));
    for (const { request_id, seen_at } of snoozed.items) {
      expect(open.has(request_id ?? '')).to.equal(true);
      expect(seen_at).to.be.a('string');
    }
  });

  it('is filled with what waited before there was one', async () => {
    const mission = await failing();
    await ask(mission);
    const before = (await inbox()).items.map(({ agent_id: _, ...item }) => item);
    await service.db.pool.query('delete from inbox_item where mission_id = $1', [mission.id]);
    await service.db.pool.query("update mission set attention = '[]' where id = $1", [mission.id]);
    await fillInbox(service.db);
    await fillInbox(service.db);
    expect((await inbox()).items.map(({ agent_id: _, ...item }) => item)).to.deep.equal(before);
    expect(await asUser<MissionDetail>('get', { mission_id: mission.id })).to.have.deep.property('attention', [
      'question',
      'task_failed',
    ]);
  });
});
