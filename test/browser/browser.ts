import { expect } from 'chai';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { afterLastFile } from '@missions/test-support/spec-run.ts';
import { findChromium } from './chromium.ts';
import { codeFor } from './codes.ts';
import { Watch } from './watch.ts';

export const WIDTHS = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;
export const SCHEMES = ['light', 'dark'] as const;

export interface VisitOptions {
  readonly width?: keyof typeof WIDTHS;
  readonly scheme?: (typeof SCHEMES)[number];
  /** Signs this user in before the first page. */
  readonly as?: { readonly customer: string; readonly user: string };
  /** Of the gateway; that of the shared product by default. */
  readonly origin?: string;
}

/** One person at one browser: a context of its own, whose tabs share cookies and storage. */
export interface Visit {
  readonly origin: string;
  readonly context: BrowserContext;
  /** The first tab. */
  readonly page: Page;
  readonly watch: Watch;
}

/** Called inside a `describe`. Fails a test for what its pages did wrong without showing it. */
export function visits(): { open(options?: VisitOptions): Promise<Visit>; product(): SharedProduct } {
  let browser: Browser;
  let running: SharedProduct;
  const open: Visit[] = [];

  before(async function () {
    this.timeout(300_000);
    browser = await browserOrSkip(this);
    running = await product();
  });
  afterEach(async () => {
    const ended = open.splice(0);
    const faults = ended.flatMap(({ watch }) => watch.faults());
    await Promise.all(ended.map(({ context }) => context.close()));
    expect(faults, 'what the browser reported').to.deep.equal([]);
  });
  return {
    product: () => running,
    open: async ({ origin = running.origin, ...options } = {}) => {
      const visit = await begin(browser, { origin, ...options });
      open.push(visit);
      return visit;
    },
  };
}

type Begin = VisitOptions & { readonly origin: string };

/** A visit that the caller ends by closing its context. */
export async function begin(browser: Browser, options: Begin): Promise<Visit> {
  const { origin, width = 'desktop', scheme = 'light', as } = options;
  const context = await browser.newContext({
    baseURL: origin,
    viewport: WIDTHS[width],
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  context.setDefaultTimeout(30_000);
  const watch = await Watch.over(context, origin);
  if (as) await signIn(context, await codeFor(as.customer, as.user));
  return { origin, context, watch, page: await context.newPage() };
}

/** Signs in as the page does, without the page. */
async function signIn(context: BrowserContext, code: string): Promise<void> {
  const answer = await context.request.post('/auth/code', {
    data: { code },
    headers: { 'sec-fetch-site': 'same-origin' },
  });
  expect(answer.status(), await answer.text()).to.equal(204);
}

let started: Promise<Browser> | undefined;

/** The browser that the spec files of one process share. @throws Error without a Chromium. */
export function browser(): Promise<Browser> {
  started ??= start();
  return started;
}

async function start(): Promise<Browser> {
  const { executable, env } = findChromium();
  const surroundings = Object.entries({ ...process.env, ...env }).filter(
    (entry): entry is [string, string] => !!entry[1],
  );
  const running = await chromium.launch({ executablePath: executable, env: Object.fromEntries(surroundings) });
  afterLastFile(() => running.close());
  return running;
}

async function browserOrSkip(suite: Mocha.Context): Promise<Browser> {
  try {
    return await browser();
  } catch (error) {
    console.error(
      [
        '',
        "  !!! NO BROWSER: Chromium is not installed, and could not be downloaded from Debian's packages and started.",
        '  !!! These tests are SKIPPED. CHROMIUM=<path> names a browser of yours.',
        `  !!! ${String(error)}`,
        '',
      ].join('\n'),
    );
    return suite.skip();
  }
}
