import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { closeAll } from '@missions/test-support/spec-run.ts';
import { begin, browser } from './browser.ts';
import { printOpenings } from './opening-figures.ts';
import { Planted } from './planted.ts';

/**
 * `npm run pictures -- --large`: figures of large lists instead, see `opening-figures.ts`.
 *
 * `npm run pictures [folder]`: the pictures of the README, of a running product with some missions, into
 * `shared/docs/pictures` unless another folder is given. They are made anew when the page changes, and looked at.
 */
const [folder = 'shared/docs/pictures'] = process.argv.slice(2);

async function takePictures(): Promise<void> {
  const running = await product();
  const api = new Api(running);
  const as = { customer: api.customer, user: 'ada' };
  const planted = new Planted(api, as.user, running.smtpPort);
  const passport = await planted.mission({ title: 'Renew my passport', tasks: [{ title: 'Fill in the form' }] });
  await planted.ask(passport.id, { prompt: 'Which town hall is nearest to your office?', options: [] });
  const trip = await planted.mission({ title: 'Book the train to Lisbon', tasks: [{ title: 'Compare the fares' }] });
  await planted.patchTask(trip.id, trip.tasks[0].id, { status: 'in_progress' });
  await planted.patchTask(trip.id, trip.tasks[0].id, { status: 'failed', error: 'The timetable could not be read.' });
  const meeting = await planted.meeting();
  const prompt = 'May I book the large room for three hours? It costs 120 €.';
  const options = [
    { id: 'yes', label: 'Book it', description: 'It is free on Tuesday at ten' },
    { id: 'no', label: 'Find another room' },
  ];
  await planted.ask(meeting.id, { prompt, options, urgency: 'high', expires_in_hours: 20 });

  mkdirSync(resolve(folder), { recursive: true });
  const { page, context } = await begin(await browser(), { origin: running.origin, as });
  for (const [name, path] of [
    ['inbox', '/'],
    ['mission', `/missions/${meeting.id}`],
  ] as const) {
    await page.goto(path);
    await page.getByText('Live', { exact: true }).first().waitFor();
    await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined);
    const file = join(folder, `${name}.png`);
    await page.screenshot({ path: file });
    console.log(file);
  }
  await context.close();
}

try {
  await (folder === '--large' ? printOpenings() : takePictures());
} finally {
  await closeAll();
}
