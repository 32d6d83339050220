import { expect } from 'chai';
import { Client } from 'pg';
import { ada } from './ada.ts';
import type { Visit } from './browser.ts';

describe('the list of missions', () => {
  const her = ada();
  const titles = async ({ page }: Visit): Promise<string[]> => page.locator('.card h2').allTextContents();

  it('shows each mission under its tab, which the address names', async () => {
    const waits = await her.planted.mission({ title: 'Waits' });
    await her.planted.ask(waits.id);
    await her.planted.mission({ title: 'Open' });
    const done = await her.planted.mission({ title: 'Done' });
    await her.planted.patch(done.id, { status: 'completed' });
    const deleted = await her.planted.mission({ title: 'Deleted' });
    const rows = new Client({ connectionString: her.product.database.adminUrl });
    await rows.connect();
    await rows.query(
      `update mission.mission set deleted_at = now(), deletion = '{"phase": "planning", "tasks": {}}' where id = $1`,
      [deleted.id],
    );
    await rows.end();
    const it = await her.visit();
    await it.page.goto('/missions');
    for (const [tab, expected] of [
      ['Open', ['Open', 'Waits']],
      ['Waiting', ['Waits']],
      ['Done', ['Done']],
      ['All', ['Done', 'Open', 'Waits']],
      ['Deleted', ['Deleted']],
    ] as const) {
      await it.page.getByRole('link', { name: tab, exact: true }).first().click();
      await it.page.locator('.tabs [aria-current]', { hasText: tab }).waitFor();
      await it.page.locator('.card h2', { hasText: expected[0] }).first().waitFor();
      expect((await titles(it)).toSorted(), tab).to.deep.equal(expected);
    }
    await it.page.reload();
    await it.page.locator('.card').waitFor();
    expect(await titles(it)).to.deep.equal(['Deleted']);
    await it.page.goBack();
    await it.page.locator('.card h2', { hasText: 'Open' }).waitFor();

    await it.page.goto(`/missions/${deleted.id}`);
    await it.page.getByRole('button', { name: 'Restore' }).click();
    await it.page.getByText('Paused by you').first().waitFor();
  });

  it('finds missions by words, and keeps what was searched in the address', async () => {
    await her.planted.mission({ title: 'Book the large room', priority: 'urgent' });
    await her.planted.mission({ title: 'Write the agenda' });
    const it = await her.visit();
    await it.page.goto('/missions');
    await it.page.locator('.card').nth(1).waitFor();
    await it.page.getByRole('searchbox', { name: 'Search' }).fill('room');
    await it.page.locator('.card').nth(1).waitFor({ state: 'detached' });
    expect(await titles(it)).to.deep.equal(['Book the large room']);
    expect(new URL(it.page.url()).search).to.equal('?q=room');
    await it.page.reload();
    await it.page.locator('.card').first().waitFor();
    expect(await it.page.getByRole('searchbox', { name: 'Search' }).inputValue()).to.equal('room');
    await it.page.getByRole('search').getByLabel('Priority').selectOption('low');
    await it.page.getByText('No mission matches').waitFor();
    await it.page.getByRole('link', { name: 'Show all of this tab' }).click();
    await it.page.locator('.card').nth(1).waitFor();
  });

  it('reads fifty at a time, and more when it is asked to', async () => {
    for (let left = 60; left > 0; left -= 20)
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => her.planted.mission({ title: `Number ${left - index}` })),
      );
    const it = await her.visit();
    await it.page.goto('/missions');
    await it.page.locator('.card').nth(49).waitFor();
    expect(await it.page.locator('.card').count()).to.equal(50);
    await it.page.getByRole('button', { name: 'Show more' }).click();
    await it.page.locator('.card').nth(59).waitFor();
    expect(new Set(await titles(it)).size).to.equal(60);
    expect(it.watch.calls.filter((call) => call.startsWith('GET /api/v1/missions?'))).to.have.length(2);
  });

  it('changes a row where it stands, and counts what is new until it is asked to show it', async () => {
    const first = await her.planted.mission({ title: 'First' });
    await her.planted.mission({ title: 'Second' });
    const it = await her.visit();
    await it.page.goto('/missions');
    await it.page.locator('.card').nth(1).waitFor();
    await it.page.getByText('Live').waitFor();
    await her.planted.ask(first.id);
    await it.page.locator('.card', { hasText: 'First' }).getByText('Waits for your answer').waitFor();
    expect(await titles(it)).to.deep.equal(['Second', 'First']);
    await her.planted.mission({ title: 'Third' });
    const fresh = it.page.getByRole('button', { name: 'One new mission' });
    await fresh.waitFor();
    expect(await titles(it)).to.deep.equal(['Second', 'First']);
    await fresh.click();
    await it.page.locator('.card').nth(2).waitFor();
    expect(await titles(it)).to.deep.equal(['Third', 'First', 'Second']);
  });

  it('begins a mission by the keyboard alone, and keeps what was typed when the page is reloaded', async () => {
    const it = await her.visit();
    const { keyboard } = it.page;
    await it.page.goto('/missions');
    await it.page.getByText('No mission is open').waitFor();
    await it.page.getByRole('button', { name: 'New mission' }).focus();
    await keyboard.press('Enter');
    await keyboard.type('Renew the passport');
    await it.page.reload();
    await it.page.getByRole('button', { name: 'New mission' }).focus();
    await keyboard.press('Enter');
    expect(await it.page.getByLabel('What is to be done').inputValue()).to.equal('Renew the passport');
    await keyboard.press('Tab');
    await keyboard.type('It expires in March.');
    await it.page.getByLabel('What is to be done').focus();
    await keyboard.press('Enter');
    await it.page.getByRole('heading', { level: 1, name: 'Renew the passport' }).waitFor();
    await it.page.getByText('It expires in March.').waitFor();
    const { body } = await her.api.get('missions?user_id=ada');
    expect(body.missions.map(({ title }: { title: string }) => title)).to.deep.equal(['Renew the passport']);
    await it.page.goto('/missions');
    await it.page.getByRole('button', { name: 'New mission' }).click();
    expect(await it.page.getByLabel('What is to be done').inputValue()).to.equal('');
  });
});
