import { availableParallelism, loadavg } from 'node:os';
import type { CDPSession, Page } from 'playwright-core';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { begin, browser } from './browser.ts';
import { grownInbox, grownMission } from './grown.ts';
import { Planted } from './planted.ts';

const ROUNDS = 7;

interface Opening {
  /** Since the address was opened. */
  readonly firstRowMs: number;
  readonly scriptMs: number;
  readonly layoutMs: number;
  readonly rows: number;
  readonly calls: number;
  readonly bytes: number;
}

/** Written by the page itself: asking it from outside takes longer than what is measured. */
const WATCH = `new MutationObserver((_, self) => {
  if (!document.querySelector('.item, .task')) return;
  self.disconnect();
  requestAnimationFrame(() => setTimeout(() => (window.firstRowMs = performance.now())));
}).observe(document, { childList: true, subtree: true });`;

/** How long a large inbox and a large mission take to open, by the page's own clock, files from the browser's cache. */
export async function printOpenings(): Promise<void> {
  const running = await product();
  const api = new Api(running);
  const as = { customer: api.customer, user: 'ada' };
  const planted = new Planted(api, as.user, running.smtpPort);
  const mission = await grownMission(running, planted);
  await grownInbox(running, planted);
  const { page, context } = await begin(await browser(), { origin: running.origin, as });
  await page.addInitScript(WATCH);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  for (const [name, path, row] of [
    ['inbox', '/', '.item'],
    ['mission', `/missions/${mission}`, '.task'],
  ] as const) {
    const openings: Opening[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) openings.push(await open(page, session, path, row));
    // The first fills the caches.
    console.log(`${name}: ${lineOf(openings.slice(1))}`);
  }
  const [load = 0] = loadavg();
  console.log(`load of this machine ${load.toFixed(1)} on ${availableParallelism()} processors; medians of ${ROUNDS}`);
  await context.close();
}

async function open(page: Page, session: CDPSession, path: string, row: string): Promise<Opening> {
  await page.goto('about:blank');
  const before = await metricsOf(session);
  await page.goto(path);
  await waitUntil(() => page.evaluate<boolean>('window.firstRowMs !== undefined'), { what: 'the first row' });
  await page.getByText('Live', { exact: true }).first().waitFor();
  const after = await metricsOf(session);
  const calls = await page.evaluate<number[]>(
    `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/')).map((call) => call.encodedBodySize)`,
  );
  const spent = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1_000;
  return {
    firstRowMs: await page.evaluate<number>('window.firstRowMs'),
    scriptMs: spent('ScriptDuration'),
    layoutMs: spent('LayoutDuration') + spent('RecalcStyleDuration'),
    rows: await page.locator(row).count(),
    calls: calls.length,
    bytes: calls.reduce((sum, size) => sum + size, 0),
  };
}

async function metricsOf(session: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

function lineOf(openings: readonly Opening[]): string {
  const median = (member: keyof Opening): number =>
    openings.map((opening) => opening[member]).toSorted((one, other) => one - other)[openings.length >> 1] ?? NaN;
  const ms = (member: keyof Opening): string => `${median(member).toFixed(0)} ms`;
  return [
    `first row after ${ms('firstRowMs')}`,
    `scripts ${ms('scriptMs')}`,
    `layout ${ms('layoutMs')}`,
    `${median('rows')} rows, ${median('calls')} calls, ${(median('bytes') / 1_000).toFixed(0)} KB of answers`,
  ].join(', ');
}
