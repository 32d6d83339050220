import { expect } from 'chai';
import type { Problem } from '@missions/contracts/errors.ts';
import type { MissionDetail } from '@missions/contracts/mission/representation.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

/** The largest message that NATS carries here. */
const MESSAGE_BYTES = 8 * 1024 * 1024;

describe('the size of missions', () => {
  let service: MissionUnderTest;
  before(async () => {
    service = await startMissionUnderTest();
  });
  after(() => service.stop());
  const large = 'é'.repeat(100_000);
  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

  it('a mission is refused more data before it could no longer be read', async () => {
    const { id: mission_id } = await service.request<MissionDetail>('create', { title: 'Grows' });
    let refusal: Problem | undefined;
    for (let index = 0; index < 60 && !refusal; index += 1) {
      await service
        .request('add_task', { mission_id, task: { title: 'more', description: large } })
        .catch((error: Problem) => (refusal = error));
    }
    expect(refusal?.code).to.equal('VALIDATION_FAILED');
    for (const reply of [
      await service.request('get', { mission_id, include_events: 50 }),
      await service.request('resume', { mission_id, conversation_id: 'b' }),
      await service.request('list', { include_tasks: true, include_recent_events: 50 }),
    ]) {
      expect(bytes(reply)).to.be.within(1, MESSAGE_BYTES);
    }
  });

  it('a mission is read without its tasks by whoever asks only whose it is or what it waits for', async () => {
    const wait_for = { kind: 'webhook', reason: 'a form' };
    const { id: mission_id } = await service.request<MissionDetail>('create', {
      title: 'Many tasks',
      tasks: [{ title: 'waits', wait_for }, ...Array.from({ length: 20 }, (_, at) => ({ title: `task ${at}` }))],
    });
    const whole = await service.request<MissionDetail>('get', { mission_id, include_events: 2 });
    const without = await service.request('get', { mission_id, include_events: 2, include_tasks: false });
    expect(whole.tasks).to.have.length(21);
    expect(whole.blockers).to.have.length(1);
    expect(without).to.deep.equal({ ...whole, tasks: [] });
  });

  it('a full mission still receives its signals, with a note in place of data that does not fit', async () => {
    const waits = Array.from({ length: 4 }, (_, index) => ({
      title: `wait ${index}`,
      wait_for: { kind: 'webhook', reference: `full-${index}` },
    }));
    const { id: mission_id } = await service.request<MissionDetail>('create', { title: 'Full', tasks: waits });
    const fill = (description: string) =>
      service.request('add_task', { mission_id, task: { title: 'more', description } });
    for (let full = false; !full;) await fill(large).catch(() => (full = true));
    for (let index = 0; index < 4; index += 1)
      await service.request('signal', { kind: 'webhook', reference: `full-${index}`, data: { text: large } });
    const { tasks } = await service.request<MissionDetail>('get', { mission_id });
    const waitTasks = tasks.filter((task) => task.title.startsWith('wait'));
    expect(waitTasks.map((task) => task.status)).to.deep.equal(['completed', 'completed', 'completed', 'completed']);
    const members = waitTasks.map((task) => Object.keys((task.result as { signal: { data: object } }).signal.data)[0]);
    expect(members).to.include('text').and.include('left_out');
  });

  it('pages of a large history fit into a reply, and no entry is missing between them', async () => {
    const { id: mission_id } = await service.request<MissionDetail>('create', { title: 'Talks' });
    for (let index = 0; index < 60; index += 1)
      await service.request('log_event', { mission_id, event: { event_type: 'note', content: large } });
    const sequences: number[] = [];
    let cursor: string | null = null;
    do {
      const page: { events: { sequence: number }[]; next_cursor: string | null } = await service.request(
        'list_events',
        {
          mission_id,
          filter: { limit: 200, ...(cursor && { cursor }) },
        },
      );
      expect(bytes(page)).to.be.below(MESSAGE_BYTES);
      sequences.push(...page.events.map((event) => event.sequence));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(sequences).to.deep.equal(Array.from({ length: 61 }, (_, index) => index + 1));
    expect(bytes(await service.request('get', { mission_id, include_events: 50 }))).to.be.below(MESSAGE_BYTES);
    expect(bytes(await service.request('resume', { mission_id, conversation_id: 'b', since: 0 }))).to.be.below(
      MESSAGE_BYTES,
    );
  });

  it('a mission with more history than fits into a reply says how many entries are left out', async () => {
    const { id: mission_id } = await service.request<MissionDetail>('create', {
      title: 'Talks',
      tasks: [{ title: 'begun' }],
    });
    const fill = (description: string) =>
      service.request('add_task', { mission_id, task: { title: 'more', description } });
    for (let full = false; !full;) await fill(large).catch(() => (full = true));
    // In JSON, a control character is six bytes.
    const content = '\u0001'.repeat(40_000);
    for (let index = 0; index < 60; index += 1)
      await service.request('log_event', { mission_id, event: { event_type: 'note', content } });
    interface Shown {
      recent_events: unknown[];
      next_tasks: unknown[];
      changes: { events: unknown[]; truncated: boolean };
      omitted: Record<string, number>;
    }
    const detail = await service.request<Shown>('get', { mission_id, include_events: 50 });
    const [listed] = (
      await service.request<{ missions: Shown[] }>('list', { include_tasks: true, include_recent_events: 50 })
    ).missions;
    for (const shown of [detail, listed]) {
      expect(shown?.recent_events).to.have.length(10);
      expect(shown?.omitted).to.deep.equal({ recent_events: 40 });
    }
    const resumed = await service.request<Shown>('resume', { mission_id, conversation_id: 'b', since: 0 });
    expect(resumed.changes.truncated).to.equal(true);
    expect(resumed.next_tasks.length + (resumed.omitted['next_tasks'] ?? 0)).to.equal(13);
    expect(resumed.recent_events.length + (resumed.omitted['recent_events'] ?? 0)).to.equal(20);
    for (const reply of [detail, listed, resumed, await service.request('list_events', { mission_id, filter: {} })])
      expect(bytes(reply)).to.be.below(MESSAGE_BYTES);
  });

  it('pages of large missions fit into a reply, and no mission is missing between them', async () => {
    const user = { user_id: 'many' };
    for (let index = 0; index < 12; index += 1) {
      const tasks = Array.from({ length: 2 }, () => ({ title: 'x', description: large }));
      const { id: mission_id } = await service.request<MissionDetail>(
        'create',
        { title: `m${index}`, tasks },
        { caller: user },
      );
      for (let more = 0; more < 3; more += 1)
        await service.request('add_task', { mission_id, task: { title: 'y', description: large } }, { caller: user });
    }
    const titles: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { missions: { title: string }[]; next_cursor: string | null } = await service.request(
        'list',
        { include_tasks: true, limit: 200, ...(cursor && { cursor }) },
        { caller: user },
      );
      expect(bytes(page)).to.be.below(MESSAGE_BYTES);
      titles.push(...page.missions.map((mission) => mission.title));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(titles)
      .to.have.members(Array.from({ length: 12 }, (_, index) => `m${index}`))
      .and.to.have.length(12);
  });

  it('tasks are added behind the largest possible order', async () => {
    const { id: mission_id } = await service.request<MissionDetail>('create', {
      title: 'Full',
      tasks: [{ title: 'last', order: 2 ** 31 - 1 }, { title: 'too' }],
    });
    expect(await service.request('add_task', { mission_id, task: { title: 'and this' } })).to.include({
      order: 2 ** 31 - 1,
    });
  });
});
