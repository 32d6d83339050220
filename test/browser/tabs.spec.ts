import { expect } from 'chai';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import { pageFolder } from '@missions/test-support/page-folder.ts';
import type { Program } from '@missions/test-support/program.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { ada } from './ada.ts';
import type { Visit } from './browser.ts';

const TABS = 10;

describe('the tabs of one browser', () => {
  const her = ada();
  const streams = ({ watch }: Visit): number => watch.calls.filter((call) => call.endsWith('/api/v1/stream')).length;

  it(`share one stream, ${TABS} of them, and the next one holds it when its tab is closed`, async () => {
    const mission = await her.planted.mission({ title: 'Seen in every tab' });
    const it = await her.visit();
    const tabs = [it.page];
    while (tabs.length < TABS) tabs.push(await it.context.newPage());
    // The first that is open holds the stream.
    for (const page of tabs) {
      await page.goto(`/missions/${mission.id}`);
      if (page === it.page) await page.getByText('Live', { exact: true }).first().waitFor();
    }
    await Promise.all(tabs.map((page) => page.getByText('Live', { exact: true }).first().waitFor()));
    expect(streams(it)).to.equal(1);
    await her.planted.log(mission.id, { event_type: 'agent_message', content: 'To everybody' });
    await Promise.all(tabs.map((page) => page.getByText('To everybody').waitFor({ state: 'attached' })));
    await it.page.close();
    await waitUntil(() => streams(it) === 2, { what: 'the next tab to hold the stream' });
    await her.planted.log(mission.id, { event_type: 'agent_message', content: 'And to those that are left' });
    await Promise.all(
      tabs.slice(1).map((page) => page.getByText('And to those that are left').waitFor({ state: 'attached' })),
    );
    expect(streams(it)).to.equal(2);
  });

  it('are all signed out when one is, and show nothing of the user any more', async () => {
    const it = await her.visit();
    it.watch.allow(/status of 401/);
    const other = await it.context.newPage();
    for (const page of [it.page, other]) {
      await page.goto('/settings');
      await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
    }
    await it.page.getByRole('button', { name: 'Sign out' }).first().click();
    await Promise.all([it.page, other].map((page) => page.waitForURL(/\/sign-in/)));
    expect((await it.context.request.get('/api/v1/me')).status()).to.equal(401);
  });

  it('sign another browser out from the settings, and that one says so', async () => {
    const [mine, others] = [await her.visit(), await her.visit()];
    others.watch.allow(/status of 401/);
    await others.page.goto('/missions');
    await others.page.getByText('Live', { exact: true }).first().waitFor();
    await mine.page.goto('/settings');
    await mine.page.getByRole('button', { name: 'Sign it out' }).click();
    await mine.page.getByRole('button', { name: 'Sign it out' }).waitFor({ state: 'detached' });
    await others.page.getByRole('dialog', { name: 'You are signed out' }).waitFor();
  });

  describe('whose gateway is started anew', () => {
    let gateway: Program;
    before(async () => {
      const page = await pageFolder();
      gateway = await furtherGateway('gateway-of-tabs', { NODE_ENV: 'production', DASHBOARD_DIR: page });
      await gateway.start();
    });
    after(() => gateway.stop());

    it('keep what is typed, say that they hear nothing, and catch up by themselves', async () => {
      const mission = await her.planted.mission({ title: 'Outlives a gateway' });
      const it = await her.visit({ origin: `http://127.0.0.1:${gateway.port}` });
      it.watch.allow(
        /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)|status of 503/,
      );
      await it.page.goto(`/missions/${mission.id}`);
      await it.page.getByText('Live', { exact: true }).first().waitFor();
      const word = it.page.getByLabel('Whichever agent goes on reads it first');
      await word.fill('Half a sen');
      await gateway.stop();
      await it.page.getByText('Catching up').waitFor();
      await her.planted.log(mission.id, { event_type: 'agent_message', content: 'Said meanwhile' });
      await gateway.start();
      await it.page.getByText('Said meanwhile').waitFor({ state: 'attached' });
      await it.page.getByText('Live', { exact: true }).first().waitFor();
      expect(await word.inputValue()).to.equal('Half a sen');
    });
  });
});
