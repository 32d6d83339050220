import { expect } from 'chai';
import { detail, page } from '@missions/contracts/rest/examples/missions.ts';
import { missionDetail, missionList } from './mission.ts';

describe('a stale mission as a model is shown it', () => {
  const grace_period_ends_at = '2027-02-01T09:05:00.000Z';

  it('says when it ends by itself, and what keeps it', () => {
    const text = missionDetail({ ...detail, grace_period_ends_at });
    expect(text).to.match(/Stale: .*cancelled at 2027-02-01.*mission_resume/);
    expect(missionDetail(detail)).not.to.contain('Stale');
  });

  it('says so in a list', () => {
    const missions = page.missions.map((mission) => ({ ...mission, grace_period_ends_at }));
    expect(missionList({ ...page, missions })).to.contain('stale, ends 2027-02-01');
  });
});
