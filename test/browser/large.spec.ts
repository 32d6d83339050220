import { expect } from 'chai';
import { Client } from 'pg';
import { Api } from '@missions/test-support/api.ts';
import { expectNoSideways } from './accessibility.ts';
import { visits, WIDTHS } from './browser.ts';
import { Planted } from './planted.ts';

const TASKS = 1_000;
const ENTRIES = 20_000;

describe('a mission that has grown large', () => {
  const browser = visits();

  it(`opens and scrolls with ${TASKS} tasks and ${ENTRIES} entries, by as many calls as any other`, async () => {
    const api = new Api(browser.product());
    const mission = await new Planted(api, 'ada', 0).large(TASKS, { layer: 200 });
    const rows = new Client({ connectionString: browser.product().database.adminUrl });
    await rows.connect();
    const { rows: counted } = await rows.query<{ last: number }>(
      `with planted as (
         insert into mission.mission_event (mission_id, sequence, customer_id, id, event_type, conversation_id, title, content, metadata, created_at)
         select id, last_sequence + n, customer_id, gen_random_uuid(), 'note', '', 'Entry ' || n, '', '{}', now()
           from mission.mission, generate_series(1, $2::int) n where id = $1)
       update mission.mission set last_sequence = last_sequence + $2::int where id = $1 returning last_sequence as last`,
      [mission.id, ENTRIES],
    );
    await rows.end();
    expect(counted[0]?.last).to.be.above(ENTRIES);
    const { page, watch } = await browser.open({ as: { customer: api.customer, user: 'ada' } });
    await page.goto(`/missions/${mission.id}`);
    await page
      .locator('.task')
      .nth(TASKS - 1)
      .waitFor({ state: 'attached' });
    await page.locator('.history > li').nth(49).waitFor({ state: 'attached' });
    const calls = watch.calls.filter((call) => call.includes(mission.id) && call.includes('/api/'));
    expect(calls).to.have.length(4);
    expect(await page.locator('.task').count()).to.equal(TASKS);
    expect(await page.locator('.history > li').count()).to.equal(50);
    expect(await page.getByRole('radio', { name: 'Graph' }).count(), 'a graph of so many tasks').to.equal(0);
    for (const size of Object.values(WIDTHS)) {
      await page.setViewportSize(size);
      await page.locator('.task').last().scrollIntoViewIfNeeded();
      await page.locator('.task-title', { hasText: 'Step 1000' }).waitFor();
      await page.getByRole('button', { name: 'Show earlier' }).scrollIntoViewIfNeeded();
      await expectNoSideways(page, `at ${size.width}`);
    }
    await page.getByRole('button', { name: 'Show earlier' }).click();
    await page.locator('.history > li').nth(99).waitFor({ state: 'attached' });
  });
});
