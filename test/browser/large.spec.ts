import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { expectNoSideways } from './accessibility.ts';
import { visits, WIDTHS } from './browser.ts';
import { grownInbox, grownMission, ITEMS, TASKS } from './grown.ts';
import { Planted } from './planted.ts';

/** What a view asks for when it is opened, without the stream, which goes on. */
const callsOf = (calls: readonly string[]): string[] =>
  calls.filter((call) => call.includes(' /api/') && !call.includes('/stream'));

describe('an inbox that has grown large', () => {
  const browser = visits();
  let page: Page;
  let calls: () => string[];
  beforeEach(async () => {
    const api = new Api(browser.product());
    await grownInbox(browser.product(), new Planted(api, 'ada', 0));
    const visit = await browser.open({ as: { customer: api.customer, user: 'ada' } });
    ({ page } = visit);
    calls = () => callsOf(visit.watch.calls);
    await page.goto('/');
    await page.getByRole('heading', { name: `Answer ${ITEMS}` }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  const items = () => page.locator('.item');
  const more = () => page.getByRole('button', { name: 'Show more' });

  it(`is opened by a call for its first 50 items, and again once the stream is open, and shows all ${ITEMS} in their order to whoever asks`, async () => {
    await page.locator('.top .who bdi').waitFor();
    const read = 'GET /api/v1/inbox?limit=50';
    expect([...new Set(calls())].toSorted()).to.deep.equal([read, 'GET /api/v1/me']);
    expect(calls().filter((call) => call === read).length).to.be.at.most(2);
    expect(await items().count()).to.equal(50);
    for (const shown of [200, 800, ITEMS]) {
      await more().click();
      await items()
        .nth(shown - 1)
        .waitFor({ state: 'attached' });
    }
    const summaries = Array.from({ length: ITEMS }, (_, at) => `New: Question ${at}?`);
    expect(await items().locator('.what').allTextContents()).to.deep.equal(summaries);
    expect(await more().count()).to.equal(0);
  });

  for (const [width, size] of Object.entries(WIDTHS))
    it(`moves nothing that is read when more is shown, nor when that was the last, on a ${width}`, async () => {
      await page.setViewportSize(size);
      for (const shown of [200, 800, ITEMS]) {
        await waitUntil(() => page.evaluate<boolean>(settled(AT_THE_END)), { what: 'the end of the list' });
        const before = await page.evaluate<{ item: string; top: number }>(settled(FIRST_SEEN));
        // Not by the mouse, which would scroll to the button first.
        await more().evaluate((button: any) => button.click());
        await items()
          .nth(shown - 1)
          .waitFor({ state: 'attached' });
        const top = await page.evaluate<number>(
          settled(`document.querySelector('[data-item="${before.item}"]').getBoundingClientRect().top`),
        );
        expect(top, `with ${shown}`).to.equal(before.top);
      }
    });
});

/** Evaluated once the page was laid out and painted twice: rows get their size when they come on the screen. */
const settled = (script: string): string =>
  `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(${script})))))`;
/** Scrolls there, and is true once rows that came on the screen have pushed the end no further. */
const AT_THE_END = `(() => {
  const { scrollHeight } = document.documentElement;
  const isThere = Math.abs(scrollY + innerHeight - scrollHeight) < 1;
  scrollTo(0, scrollHeight);
  return isThere;
})()`;
const FIRST_SEEN = `[...document.querySelectorAll('.item')]
  .map((row) => ({ item: row.dataset.item, top: row.getBoundingClientRect().top })).find(({ top }) => top >= 100)`;

describe('a mission that has grown large', () => {
  const browser = visits();

  it(`is opened by four calls, with 100 of its ${TASKS} tasks, and scrolls to the last of them`, async () => {
    const api = new Api(browser.product());
    const id = await grownMission(browser.product(), new Planted(api, 'ada', 0));
    const { page, watch } = await browser.open({ as: { customer: api.customer, user: 'ada' } });
    await page.goto(`/missions/${id}`);
    await page.locator('.history > li').nth(49).waitFor({ state: 'attached' });
    const calls = () => callsOf(watch.calls).filter((call) => call.includes(id));
    await waitUntil(() => new Set(calls()).size >= 4, { what: 'mission, mail, history and runs' });
    expect(await page.locator('.task').count()).to.equal(100);
    expect(await page.locator('.history > li').count()).to.equal(50);
    expect(await page.getByRole('radio', { name: 'Graph' }).count(), 'a graph of so many tasks').to.equal(0);
    const more = page.getByRole('button', { name: 'Show more tasks' });
    await page.getByText(`100 of ${TASKS} are shown`).waitFor();
    for (const shown of [400, TASKS]) {
      await more.click();
      await page
        .locator('.task')
        .nth(shown - 1)
        .waitFor({ state: 'attached' });
    }
    expect(await page.locator('.task').count()).to.equal(TASKS);
    expect(await more.count()).to.equal(0);
    expect(new Set(calls()).size).to.equal(4);
    // Once, and again once the stream is open.
    expect(calls().length).to.be.at.most(8);
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

  it('shows among the first tasks what failed, wherever in the plan it stands', async () => {
    const api = new Api(browser.product());
    const planted = new Planted(api, 'ada', 0);
    const { id } = await planted.large(150, { layer: 150 });
    const { tasks } = (await api.get(`missions/${id}`)).body;
    await planted.patchTask(id, tasks[140].id, { status: 'in_progress' });
    await planted.patchTask(id, tasks[140].id, { status: 'failed', error: 'The room is taken.' });
    const { page } = await browser.open({ as: { customer: api.customer, user: 'ada' } });
    await page.goto(`/missions/${id}`);
    await page.locator('.task.failed').getByText('The room is taken.').waitFor();
    expect(await page.locator('.task').count()).to.equal(100);
  });
});
