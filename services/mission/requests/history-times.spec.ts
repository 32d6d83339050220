import { expect } from 'chai';
import { VirtualClock } from '@missions/runtime/clock.ts';
import { type MissionUnderTest, startMissionUnderTest } from '../testing/service.ts';

describe('the times of a mission’s history', () => {
  let ahead: MissionUnderTest;
  let behind: MissionUnderTest;
  before(async () => {
    ahead = await startMissionUnderTest(new VirtualClock(new Date('2026-06-01T12:00:00.020Z')));
    behind = await startMissionUnderTest(new VirtualClock(new Date('2026-06-01T12:00:00.000Z')), 50, {}, ahead);
  });
  after(async () => {
    await behind.stop();
    await ahead.stop();
  });

  it('never go back, when copies of the service read the clock milliseconds apart', async () => {
    const { id } = await ahead.request('create', { title: 'Follow', tasks: [] });
    for (const [at, copy] of [behind, ahead, behind].entries())
      await copy.request('log_event', { mission_id: id, event: { event_type: 'note', content: `note ${at}` } });
    const { events } = await behind.request('recent_history', { since: '2026-06-01T11:00:00.000Z', limit: 10 });
    expect(events.map((entry: { sequence: number }) => entry.sequence)).to.deep.equal([1, 2, 3, 4]);
    expect(new Set(events.map((entry: { created_at: string }) => entry.created_at)).size).to.equal(1);
  });
});
